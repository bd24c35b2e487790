/** Virtual time: it stands still until the simulation moves it to the next thing that waits. */
import type { Clock } from "../../src/sys/clock.ts";

export interface SimulatedClock extends Clock {
  /** Jumps to the next timer and runs it; false when nothing waits. */
  step(): boolean;
  /** Forgets every timer: the program that set them is gone. */
  forget(): void;
  elapsedMs(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
}

const start = Date.UTC(2026, 10, 20, 11);

export function createSimulatedClock(): SimulatedClock {
  let nowMs = 0;
  let order = 0;
  let timers: Timer[] = [];
  const after = (ms: number, work: () => void) => {
    const timer = { at: nowMs + Math.max(0, ms), order: order++, work };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  return {
    now: () => new Date(start + nowMs),
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
      const [next] = timers.toSorted((a, b) => a.at - b.at || a.order - b.order);
      if (!next) return false;
      timers = timers.filter((timer) => timer !== next);
      nowMs = Math.max(nowMs, next.at);
      next.work();
      return true;
    },
    forget() {
      timers = [];
    },
    elapsedMs: () => nowMs,
  };
}
