/** The client's side of an image upload. */
import { dataBytesMax, frameJson } from "./bytes.ts";
import type { FrameStream } from "./frame-stream.ts";
import { nextReply, oddReply } from "./reply.ts";

const what = "an upload";
const odd = (found: string) => oddReply(what, found);
const next = (stream: FrameStream) => nextReply(stream, what);

async function send(
  stream: FrameStream,
  source: AsyncIterable<Uint8Array>,
  progress: (sent: number) => void,
): Promise<never> {
  let sent = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += dataBytesMax)
      await stream.write("stdin", chunk.subarray(at, at + dataBytesMax));
    sent += chunk.length;
    progress(sent);
  }
  await stream.write("eof");
  return new Promise<never>(() => {}); // what follows is the daemon's answer
}

/**
 * Sends an image over `stream` (its `open` frame is sent) and closes it. Answers the stored image's digest once it is durable.
 * Rejects with the daemon's error, `daemon-gone`, an error of `source`, or the signal's reason; the daemon keeps nothing then.
 */
export async function runUpload(
  stream: FrameStream,
  source: AsyncIterable<Uint8Array>,
  progress: (sent: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const abort = () => stream.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    const started = await next(stream);
    if (started.type !== "started") throw odd(`a ${started.type} frame`);
    const answered = next(stream);
    // A refusal comes while bytes are on their way; then sending fails too, and the refusal is what counts.
    const sending = send(stream, source, progress).catch((error: unknown) =>
      stream.gone.aborted ? answered : Promise.reject(error),
    );
    const answer = await Promise.race([answered, sending]);
    if (answer.type !== "exit") throw odd(`a ${answer.type} frame`);
    const json = frameJson(answer);
    if (typeof json !== "object" || json === null || !("sha256" in json) || typeof json.sha256 !== "string")
      throw odd("no digest");
    return json.sha256;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    stream.destroy();
  }
}
