/** Time that runs a hundred times as fast: a head follows its record in 5 ms, an operation has seconds. */
import { type Clock, systemClock } from "../../../src/sys/clock.ts";

const speed = 100;
const beginning = Date.UTC(2026, 10, 20, 11);

/** `laterMs`: how long after the beginning of all this life begins. */
export function createFastClock(laterMs: number): Clock {
  const started = performance.now();
  const elapsedMs = () => (performance.now() - started) * speed;
  return {
    now: () => new Date(beginning + laterMs + elapsedMs()),
    monotonicMs: elapsedMs,
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
    after: (ms, work) => systemClock.after(ms / speed, work),
  };
}
