/** Lets guests go on that paused because the host's disk was full: by itself, when there is space, and ever more seldom when it does not last. */
import { type Driver, pausedForSpace } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";

/** Less than this, and the next few writes would only pause it again. */
export const resumeBytesMin = 64 * 2 ** 20;
/** Between two tries for one guest; doubled each time, up to the longest. */
const againMs = 30_000;
const againMsMax = 3_600_000;
const resumeMs = 20_000;

export interface Resumer {
  /** A guest that is found paused, for a reason that `inspect` gave. */
  paused(state: Pick<InstanceState, "id" | "name">, reason: string): Promise<void>;
  /** A guest that runs, or is off: its next pause is a new one. */
  fine(id: string): void;
}

export interface ResumerOptions {
  readonly directory: string;
  readonly files: Pick<Files, "space">;
  readonly driver: Pick<Driver, "resume">;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

export function createResumer({ directory, files, driver, clock, report }: ResumerOptions): Resumer {
  const tries = new Map<string, { count: number; lastMs: number }>();
  const isSoon = (id: string): boolean => {
    const { count, lastMs } = tries.get(id) ?? { count: 0, lastMs: Number.NEGATIVE_INFINITY };
    return count > 0 && clock.monotonicMs() - lastMs < Math.min(againMs * 2 ** (count - 1), againMsMax);
  };
  return {
    async paused({ id, name }, reason) {
      if (reason !== pausedForSpace || isSoon(id)) return;
      const { freeBytes } = await files.space(directory);
      if (freeBytes < resumeBytesMin) return;
      tries.set(id, { count: (tries.get(id)?.count ?? 0) + 1, lastMs: clock.monotonicMs() });
      report(`${name} was paused for want of space, and goes on`);
      const patience = new AbortController();
      const cancel = clock.after(resumeMs, () => patience.abort("timeout"));
      await driver
        .resume(id, patience.signal)
        .catch((error: unknown) => report(`resuming ${name}: ${messageOf(error)}`))
        .finally(cancel);
    },
    fine: (id) => void tries.delete(id),
  };
}
