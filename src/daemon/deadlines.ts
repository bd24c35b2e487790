/** How long each pending operation still has, on the clock that nobody sets: a wall clock that jumps neither ends an operation nor prolongs it. */
import type { PendingOperation } from "../events/instance/state.ts";
import type { Clock } from "../sys/clock.ts";

/** More than any operation may take: a client can ask for a day, and a stop may come before it. */
const operationMsMax = 2 * 86_400_000;
/** Operations whose end is remembered; the oldest is dropped, and then measured by the wall clock again. */
const operationsMax = 1_000;

export interface Deadlines {
  /** Milliseconds until the operation's time is up. The wall clock counts once: when this life first sees the deadline. */
  leftMs(operation: Pick<PendingOperation, "id" | "deadline">): number;
}

export function createDeadlines(clock: Pick<Clock, "now" | "monotonicMs">): Deadlines {
  const ends = new Map<string, { readonly deadline: string; readonly atMs: number }>();
  return {
    leftMs({ id, deadline }) {
      const nowMs = clock.monotonicMs();
      const known = ends.get(id);
      if (known?.deadline === deadline) return known.atMs - nowMs;
      const leftMs = Math.min(operationMsMax, Date.parse(deadline) - clock.now().getTime());
      ends.set(id, { deadline, atMs: nowMs + leftMs });
      for (const oldest of ends.keys()) {
        if (ends.size <= operationsMax) break;
        ends.delete(oldest);
      }
      return leftMs;
    },
  };
}
