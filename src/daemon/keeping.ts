/** Points whose time is over or has come, and files that nothing stands on any more: looked for now and then, never in the way of a command. */
import type { Driver } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import { createAutoPoints } from "./auto-points.ts";
import type { Dispatcher } from "./dispatch.ts";
import { createMerger } from "./merging.ts";

const everyMs = 60_000;
/** Files wait in the quarantine for so long before they are gone: time to notice a mistake. */
const quarantineMs = 3_600_000;
const roundMs = 50_000;
/** After a merge nothing is put aside for so long: a machine that starts just then may still look for what the merge lets go of. */
const mergedMs = 45_000;

export interface KeeperOptions {
  /** Where layers are. */
  readonly directory: string;
  readonly files: Pick<Files, "space">;
  readonly dispatcher: Dispatcher;
  readonly driver: Pick<Driver, "snapshots">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  readonly report: (line: string) => void;
}

export interface Keeper {
  /** One round: what is over goes, what nothing needs is put aside, one layer begins to take in those below it. */
  round(): Promise<void>;
  /** Resolves when no layer takes in others any more. */
  merged(): Promise<void>;
  close(): void;
}

/** The first round comes after a minute. */
export function startKeeper(options: KeeperOptions): Keeper {
  const { clock, report, isWritable } = options;
  let isClosed = false;
  const autoPoints = createAutoPoints(options);
  const closing = new AbortController();
  const merge = createMerger(options);
  /** It may take a quarter of an hour: what is over goes meanwhile all the same. */
  let merging: Promise<void> | undefined;
  let calmAtMs = 0;
  const round = async () => {
    if (!isWritable()) return;
    await removeExpired(options);
    await autoPoints.thin();
    await autoPoints.make();
    if (merging) return;
    if (clock.monotonicMs() >= calmAtMs) await collect(options);
    merging = merge(closing.signal).then((isMerged) => {
      merging = undefined;
      if (isMerged) calmAtMs = clock.monotonicMs() + mergedMs;
    });
  };
  const tick = () => {
    round()
      .catch((error: unknown) => report(`points: ${messageOf(error)}`))
      .finally(() => {
        if (!isClosed) disarm = clock.after(everyMs, tick);
      });
  };
  let disarm = clock.after(everyMs, tick);
  return {
    round,
    merged: async () => merging,
    close() {
      isClosed = true;
      closing.abort();
      disarm();
    },
  };
}

async function removeExpired({ dispatcher, clock, ids }: KeeperOptions): Promise<void> {
  const now = clock.now().toISOString();
  for (const { id, points } of dispatcher.world().instances.values()) {
    for (const { id: point, expires, isHeld } of points) {
      if (expires === undefined || expires > now || isHeld) continue;
      const command = { type: "remove-point", id, point, why: "expired" } as const;
      await dispatcher.dispatch(command, { by: daemonActor, command: ids.next() });
    }
  }
}

/** Only what the log has named and let go of: a file that it does not know may be all that is left of something. */
async function collect({ dispatcher, driver, clock, ids }: KeeperOptions): Promise<void> {
  const limit = new AbortController();
  const disarm = clock.after(roundMs, () => limit.abort("timeout"));
  try {
    const { snapshots } = driver;
    const dropped = await dispatcher.read((world) => [...world.dropped]);
    if (dropped.length > 0) {
      const [layers, memories] = [idsOf(dropped, "layer"), idsOf(dropped, "memory")];
      await snapshots.discard({ layers, memories, quarantine: true }, limit.signal);
      const event = {
        type: "layers.discarded",
        version: 1,
        stream: "layers/daemon",
        data: { gone: [...layers, ...memories] },
      };
      await dispatcher.dispatch({ type: "note", event }, { by: daemonActor, command: ids.next() });
    }
    await snapshots.empty(quarantineMs, limit.signal);
  } finally {
    disarm();
  }
}

/** As many as one round takes; the rest waits for the next. */
const discardedMax = 1_000;

const idsOf = (dropped: readonly (readonly [string, string])[], kind: "layer" | "memory"): string[] =>
  dropped.slice(0, discardedMax).flatMap(([id, each]) => (each === kind ? [id] : []));
