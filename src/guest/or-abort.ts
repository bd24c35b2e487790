/** Waiting that a signal can end, for work that cannot be cancelled itself. */

/** Settles with `work`, or rejects with the signal's reason as soon as it aborts. */
export function orAbort<Value>(
  signal: AbortSignal,
  work: (resolve: (value: Value) => void, reject: (reason: unknown) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    const settled =
      <Argument>(settle: (argument: Argument) => void) =>
      (argument: Argument) => {
        signal.removeEventListener("abort", abort);
        settle(argument);
      };
    signal.addEventListener("abort", abort, { once: true });
    work(settled(resolve), settled(reject));
  });
}

/** The same for a promise. */
export const untilAborted = <Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> =>
  orAbort<Value>(signal, (resolve, reject) => void work.then(resolve, reject));
