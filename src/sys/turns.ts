/** Lets one piece of work at a time pass, in the order of asking. */

export type Turns = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** A failed piece of work does not keep the next from its turn. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
