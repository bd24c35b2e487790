/** Requests that ask the world before anything is recorded: whoever sent one can call it back, and it ends at once. */
import { exitCodes, UserError } from "../errors.ts";

export interface Recall {
  /** Does `work`, whose signal aborts when the command is called back, also when that was before. */
  run<Value>(command: string, what: string, work: (signal: AbortSignal) => Promise<Value>): Promise<Value>;
  /** One that is not at work any more, because it is recorded or has failed, is left as it is. */
  callBack(command: string): void;
}

/** Commands that were called back before they came; the oldest is forgotten. */
const earlyMax = 256;

export function createRecall(): Recall {
  const running = new Map<string, () => void>();
  const early = new Set<string>();
  return {
    async run(command, what, work) {
      const controller = new AbortController();
      const end = () =>
        controller.abort(
          new UserError("cancelled", `cancelled: ${what}; nothing was made`, { exit: exitCodes.interrupted }),
        );
      if (early.delete(command)) end();
      controller.signal.throwIfAborted();
      running.set(command, end);
      try {
        const value = await work(controller.signal);
        controller.signal.throwIfAborted();
        return value;
      } finally {
        running.delete(command);
      }
    },
    callBack(command) {
      const end = running.get(command);
      if (end) return end();
      early.add(command);
      for (const oldest of early) {
        if (early.size <= earlyMax) break;
        early.delete(oldest);
      }
    },
  };
}
