/** Unpacks xz files, also of several streams, as `xz -d` does. The decoder is loaded when one comes. */
import { type Hint, UserError } from "../errors.ts";
import { nextOf, pulled } from "./pulled.ts";

export const damaged = (why: string) => new UserError("image-damaged", `the compressed image ${why}; nothing is kept`);

/**
 * Throws what `source` does, `image-damaged` for data that are damaged or end too soon, `image-packing-unknown` for what the decoder
 * does not know, or the signal's reason. One file is unpacked at a time, since each takes up to 64 MiB: others wait for their turn.
 */
export async function* unxz(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const leave = await turn(signal);
  try {
    const { XzReadableStream } = await import("xz-decompress");
    const { stream, failure } = pulled(nextOf(source));
    try {
      for await (const piece of new XzReadableStream(stream)) if (piece.length > 0) yield piece;
    } catch (error) {
      throw failure() ?? told(error);
    }
  } finally {
    leave();
  }
}

let last: Promise<void> = Promise.resolve();

/** Waits until it is this one's turn; the answer gives it to the next one. */
async function turn(signal: AbortSignal): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const before = last;
  last = before.then(() => promise);
  const left = Promise.withResolvers<never>();
  const abort = () => left.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([before, left.promise]);
  } catch (error) {
    resolve();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  return resolve;
}

const byHand: Hint = ["next", "xz -d FILE, and launch what it leaves"];
/** The decoder's numbers. */
const endsTooSoon = "8";
/** What it does not know, and memory. */
const unknown: Readonly<Record<string, string>> = {
  3: "in a way that takes too much memory",
  4: "with a dictionary of more than 64 MiB",
  6: "with a filter other than LZMA2, or a check other than CRC32 and CRC64",
};

function told(error: unknown): unknown {
  const [, number] = /error code (\d+)$/.exec(error instanceof Error ? error.message : "") ?? [];
  if (number === undefined) return error;
  if (number === endsTooSoon) return damaged("is cut off: it ends in the middle of its xz data");
  const why = unknown[number];
  if (why === undefined) return damaged("is damaged: its xz data do not fit together");
  return new UserError("image-packing-unknown", `the image is compressed ${why}, which is not known here`, {
    hints: [byHand],
  });
}
