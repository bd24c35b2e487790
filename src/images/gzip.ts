/** Unpacks what is compressed with gzip or deflate. */
import { nextOf, pulled } from "./pulled.ts";

/** Throws what `source` does, and `broken` for data that are damaged or end too soon. */
export async function* inflated(
  source: AsyncIterable<Uint8Array>,
  coding: "gzip" | "deflate",
  broken: () => Error,
): AsyncGenerator<Uint8Array> {
  const { stream, failure } = pulled(nextOf(source));
  try {
    yield* stream.pipeThrough(new DecompressionStream(coding)) as unknown as AsyncIterable<Uint8Array>;
  } catch {
    throw failure() ?? broken();
  }
}
