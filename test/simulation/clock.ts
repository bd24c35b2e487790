/** Virtual time: it stands still until the simulation moves it to the next thing that waits. */
import type { Clock } from "../../src/sys/clock.ts";

export interface SimulatedClock extends Clock {
  /** Jumps to the next timer and runs it; false when nothing waits. */
  step(): boolean;
  /** Forgets every timer: the program that set them is gone. */
  forget(): void;
  /** Somebody sets the wall clock, forward or back; what is measured and waited for is as before. */
  jump(ms: number): void;
  elapsedMs(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

const start = Date.UTC(2026, 10, 20, 11);
/** A real timer that is to wait longer goes off at once. */
const waitMsMax = 2 ** 31 - 1;

export function createSimulatedClock(): SimulatedClock {
  let nowMs = 0;
  let jumpedMs = 0;
  let order = 0;
  let timers: Timer[] = [];
  const after = (ms: number, work: () => void) => {
    if (!(ms <= waitMsMax)) throw new Error(`bug: a timer of ${ms} ms`);
    const timer = { at: nowMs + Math.max(0, ms), order: order++, work };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  return {
    now: () => new Date(start + nowMs + jumpedMs),
    monotonicMs: () => nowMs,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = after(ms, resolve);
        signal?.addEventListener(
          "abort",
          () => {
            cancel();
            reject(signal.reason);
          },
          { once: true },
        );
      }),
    step() {
      const [first] = timers;
      if (!first) return false;
      const next = timers.reduce((soonest, timer) => (timer.at < soonest.at ? timer : soonest), first);
      timers = timers.filter((timer) => timer !== next);
      nowMs = Math.max(nowMs, next.at);
      next.work();
      return true;
    },
    forget() {
      timers = [];
    },
    jump(ms) {
      jumpedMs += ms;
    },
    elapsedMs: () => nowMs,
  };
}
