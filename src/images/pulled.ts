/** Web streams out of iterators, for decoders that take nothing else. */

export interface Pulled {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** What `next` threw; a decoder may wrap it or lose it. */
  failure(): unknown;
}

/** A stream that asks `next` for no more than is read of it; undefined ends it. */
export function pulled(next: () => Promise<Uint8Array | undefined>): Pulled {
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const piece = await next();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece as Uint8Array<ArrayBuffer>);
        } catch (error) {
          failure = error;
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, failure: () => failure };
}

/** What `source` gives piece by piece, and undefined at its end. */
export function nextOf(source: AsyncIterable<Uint8Array>): () => Promise<Uint8Array | undefined> {
  const iterator = source[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await iterator.next();
    return done ? undefined : value;
  };
}
