/** Who waits for a position to become durable. */

export interface Waiters {
  wait(position: number): Promise<void>;
  /** Everything up to here is durable. */
  reach(position: number): void;
  /** What is queued has new positions: all wait for the last of them. */
  raise(position: number): void;
  fail(error: Error): void;
}

interface Waiter extends PromiseWithResolvers<void> {
  readonly position: number;
}

export function createWaiters(): Waiters {
  let waiting: Waiter[] = [];
  const takeAll = (): Waiter[] => {
    const all = waiting;
    waiting = [];
    return all;
  };
  return {
    wait: (position) => {
      const waiter = { position, ...Promise.withResolvers<void>() };
      waiter.promise.catch(() => undefined);
      waiting.push(waiter);
      return waiter.promise;
    },
    reach: (position) => {
      if (waiting.length === 0) return;
      for (const waiter of takeAll()) {
        if (waiter.position <= position) waiter.resolve();
        else waiting.push(waiter);
      }
    },
    raise: (position) => {
      waiting = takeAll().map((waiter) => ({ ...waiter, position }));
    },
    fail: (error) => {
      for (const waiter of takeAll()) waiter.reject(error);
    },
  };
}
