/** Points whose time is over, and files that nothing stands on any more: looked for now and then, never in the way of a command. */
import type { Driver } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { World } from "../events/world.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";

const everyMs = 60_000;
/** Files wait in the quarantine for so long before they are gone: time to notice a mistake. */
const quarantineMs = 3_600_000;
const roundMs = 50_000;

export interface KeeperOptions {
  readonly dispatcher: Dispatcher;
  readonly driver: Pick<Driver, "snapshots">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  readonly report: (line: string) => void;
}

export interface Keeper {
  /** One round: what is over goes, what nothing needs is put aside. */
  round(): Promise<void>;
  close(): void;
}

/** The first round comes after a minute. */
export function startKeeper(options: KeeperOptions): Keeper {
  const { clock, report, isWritable } = options;
  let isClosed = false;
  const round = async () => {
    if (!isWritable()) return;
    await removeExpired(options);
    await collect(options);
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
    close() {
      isClosed = true;
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

/** Files first, then what is needed: what came between is known by then. */
async function collect({ dispatcher, driver, clock }: KeeperOptions): Promise<void> {
  const limit = new AbortController();
  const disarm = clock.after(roundMs, () => limit.abort("timeout"));
  try {
    const { snapshots } = driver;
    const found = await snapshots.list();
    const needed = await dispatcher.read(neededBy);
    const layers = found.layers.filter((layer) => !needed.layers.has(layer));
    const memories = found.memories.filter((memory) => !needed.memories.has(memory));
    if (layers.length + memories.length > 0)
      await snapshots.discard({ layers, memories, quarantine: true }, limit.signal);
    await snapshots.empty(quarantineMs, limit.signal);
  } finally {
    disarm();
  }
}

interface Needed {
  readonly layers: ReadonlySet<string>;
  readonly memories: ReadonlySet<string>;
}

/** What tops and points stand on, and what operations under way are about to make. */
function neededBy({ layers, instances }: World): Needed {
  const wanted = { layers: new Set(layers.keys()), memories: new Set<string>() };
  for (const state of instances.values()) addNeeds(state, wanted);
  return wanted;
}

function addNeeds(
  { layer, points, pending }: InstanceState,
  wanted: { layers: Set<string>; memories: Set<string> },
): void {
  wanted.layers.add(layer);
  for (const { kept } of points) if (kept) wanted.memories.add(kept.memory);
  if (pending?.wanted) {
    wanted.layers.add(pending.wanted.next);
    if (pending.wanted.memory !== undefined) wanted.memories.add(pending.wanted.memory);
  }
  if (pending?.restore) wanted.layers.add(pending.restore.next);
}
