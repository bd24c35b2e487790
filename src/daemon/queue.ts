/** A bounded queue between who tells and one reader who asks. */
import { UserError } from "../errors.ts";

export interface Queue<Item> {
  push(item: Item): void;
  /** What is queued is still read. */
  end(): void;
  /** Ends when the queue ends or the signal aborts; throws `reader-too-slow` when the bound was passed. */
  items(signal: AbortSignal): AsyncGenerator<Item>;
}

export function createQueue<Item>(itemsMax: number): Queue<Item> {
  const waiting: Item[] = [];
  let isEnded = false;
  let isOver = false;
  let wake = (): void => {};
  return {
    push(item) {
      if (waiting.length >= itemsMax) isOver = true;
      else waiting.push(item);
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
        else if (isOver) throw new UserError("reader-too-slow", `more than ${itemsMax} items waited for a reader`);
        else if (isEnded) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
