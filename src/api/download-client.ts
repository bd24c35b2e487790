/** The client's side of a file that the daemon sends. */
import { frameJson } from "./bytes.ts";
import type { FrameStream } from "./frame-stream.ts";
import { nextReply, oddReply } from "./reply.ts";

const what = "a download";
const odd = (found: string) => oddReply(what, found);
const next = (stream: FrameStream) => nextReply(stream, what);

/**
 * What the daemon says of it first (JSON), and its bytes, pulled as fast as they are taken. `stream` has its open frame sent, and is
 * closed at the end. The bytes reject with the daemon's error, `daemon-gone`, or the signal's reason: what came is only a part then.
 */
export async function runDownload(
  stream: FrameStream,
  signal: AbortSignal,
): Promise<{ readonly about: unknown; readonly content: AsyncIterable<Uint8Array> }> {
  const abort = () => stream.destroy();
  signal.addEventListener("abort", abort, { once: true });
  const close = () => {
    signal.removeEventListener("abort", abort);
    stream.destroy();
  };
  async function* contentOf(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const frame = await next(stream);
        if (frame.type === "exit") return;
        if (frame.type !== "stdout") throw odd(`a ${frame.type} frame`);
        yield frame.payload;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      close();
    }
  }
  try {
    signal.throwIfAborted();
    const started = await next(stream);
    if (started.type !== "started") throw odd(`a ${started.type} frame`);
    return { about: frameJson(started), content: contentOf() };
  } catch (error) {
    close();
    throw error;
  }
}
