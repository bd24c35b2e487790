/** Layers that take in those below them, one at a time, in the background: what is read through them stays the same. */
import type { Driver } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import { findMerges, readersOf } from "../events/merges.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";

/** What failed is not tried again for so long; others are meanwhile. */
const retryMs = 3_600_000;
/** More are not remembered: they are tried again at once. */
const failedMax = 1_000;

export interface MergerOptions {
  readonly dispatcher: Dispatcher;
  readonly driver: Pick<Driver, "snapshots">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (line: string) => void;
}

/** Does the smallest merge that there is, and answers whether there was one. What fails is told, and leaves all as it was. Never rejects. */
export type Merger = (signal: AbortSignal) => Promise<boolean>;

/**
 * First the file, then the event, and only after it the lower layers go: a daemon that dies in between finds the same merge again,
 * and the driver confirms what is done.
 */
export function createMerger({ dispatcher, driver, clock, ids, report }: MergerOptions): Merger {
  const failed = new Map<string, number>();
  const isTried = (layer: string) => (failed.get(layer) ?? 0) <= clock.monotonicMs();
  return async (signal) => {
    let layer = "";
    try {
      const found = await dispatcher.read((world) => {
        const merge = findMerges(world).find((each) => isTried(each.layer));
        return merge && { merge, machines: readersOf(world, merge.layer) };
      });
      if (!found) return false;
      const { bytes: _, ...merge } = found.merge;
      ({ layer } = merge);
      const { bytes } = await driver.snapshots.merge({ ...merge, machines: found.machines }, signal);
      const event = { type: "layers.merged", version: 1, stream: "layers/daemon", data: { ...merge, bytes } };
      await dispatcher.dispatch({ type: "note", event }, { by: daemonActor, command: ids.next() });
    } catch (error) {
      if (signal.aborted) return true;
      if (failed.size >= failedMax) failed.clear();
      failed.set(layer, clock.monotonicMs() + retryMs);
      report(`layers: ${messageOf(error)}`);
    }
    return true;
  };
}
