/** How long to wait before the next try to reach the daemon. */

const firstMs = 200;
const lastMs = 5_000;

/** Doubles from 0.2 s to at most 5 s. `attempt`: tries that failed so far, from 1. */
export const waitBefore = (attempt: number): number => Math.min(lastMs, firstMs * 2 ** Math.min(attempt - 1, 10));
