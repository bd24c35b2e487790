/** A bounded queue between who tells and one reader who asks. */
import { UserError } from "../errors.ts";

export interface Queue<Item> {
  push(item: Item): void;
  /** What is queued is still read. */
  end(): void;
  /** What is queued is still read, then the reader gets this error. */
  fail(error: unknown): void;
  /** Ends when the queue ends or the signal aborts; throws what `fail` said, or `reader-too-slow` when the bound was passed. */
  items(signal: AbortSignal): AsyncGenerator<Item>;
}

export function createQueue<Item>(itemsMax: number): Queue<Item> {
  const waiting: Item[] = [];
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => {};
  return {
    push(item) {
      if (failure) return;
      if (waiting.length < itemsMax) waiting.push(item);
      else failure = { error: new UserError("reader-too-slow", `more than ${itemsMax} items waited for a reader`) };
      wake();
    },
    fail(error) {
      failure ??= { error };
      wake();
    },
    end() {
      isEnded = true;
      wake();
    },
    async *items(signal) {
      signal.addEventListener("abort", () => wake(), { once: true });
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else if (failure) throw failure.error;
        else if (isEnded) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
