/** The client's side of a file that the daemon sends. */
import { UserError, exitCodes } from "../errors.ts";
import { frameJson } from "./bytes.ts";
import type { Frame } from "./bytes.ts";
import type { FrameStream } from "./frame-stream.ts";
import { fromWire } from "./wire.ts";

const odd = (what: string) =>
  new UserError("frame-invalid", `the daemon answered a download with ${what}`, { exit: exitCodes.unreachable });

/** The next frame; throws what the daemon reports, or `daemon-gone`. */
async function next(stream: FrameStream): Promise<Frame> {
  const frame = await stream.read();
  if (frame === undefined) {
    throw new UserError("daemon-gone", "the connection to the daemon broke off during the download", {
      exit: exitCodes.unreachable,
      hints: [["next", "strata daemon status"]],
    });
  }
  if (frame.type === "error") throw fromWire(frameJson(frame)) ?? odd("an error that cannot be read");
  return frame;
}

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
