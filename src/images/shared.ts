/** Work that several wait for: each can leave, and the last one to leave ends it. */

interface Shared<Value> {
  readonly work: Promise<Value>;
  readonly controller: AbortController;
  waiting: number;
}

export type Share<Value> = (
  key: string,
  signal: AbortSignal,
  start: (signal: AbortSignal) => Promise<Value>,
) => Promise<Value>;

/** Of those who come with one key while it is at work, only the first starts it. Rejects with the signal's reason at once. */
export function createShare<Value>(): Share<Value> {
  const running = new Map<string, Shared<Value>>();
  return async (key, signal, start) => {
    signal.throwIfAborted();
    let shared = running.get(key);
    if (!shared) {
      const controller = new AbortController();
      shared = { work: start(controller.signal), controller, waiting: 0 };
      running.set(key, shared);
      forgetWhenDone(running, key, shared);
    }
    shared.waiting++;
    try {
      return await untilAborted(shared.work, signal);
    } finally {
      shared.waiting--;
      if (shared.waiting === 0) {
        // Whoever comes now must not join what is being ended.
        if (running.get(key) === shared) running.delete(key);
        shared.controller.abort(signal.reason);
      }
    }
  };
}

function forgetWhenDone<Value>(running: Map<string, Shared<Value>>, key: string, shared: Shared<Value>): void {
  const forget = () => {
    if (running.get(key) === shared) running.delete(key);
  };
  shared.work.then(forget, forget);
}

async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
