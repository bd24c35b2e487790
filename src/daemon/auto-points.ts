/** Points that nobody asked for: when the daemon makes them, and which of them go again. */
import type { Driver } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { ByTheWay } from "../events/instance/commands.ts";
import { owedPoint } from "../events/instance/owed-point.ts";
import type { InstanceState } from "../events/instance/state.ts";
import { chainOf } from "../events/layers.ts";
import { settingOf } from "../events/settings/settings.ts";
import { thinned } from "../events/thinning.ts";
import type { World } from "../events/world.ts";
import { parseSize } from "../model/size.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";
import { freeBytesFloor } from "../drivers/limits.ts";
import type { Daemon } from "./handlers/context.ts";
import { resolveInstance } from "./resolve.ts";

/** A disk that stands on so many layers gets none of its own accord: QEMU holds each open, and what people ask for needs room. */
const layersMax = 128;
/** Made in one round; the others wait for the next. */
const madeMax = 4;
/** Removed in one round. */
const removedMax = 200;
const makingMs = 60_000;
const lookMs = 5_000;
/** One that failed is tried again after this time. */
const againMs = 3_600_000;

const reasons = { hourly: "hourly, while its disk changes", stopped: "its guest shut itself down" } as const;

interface Place {
  readonly directory: string;
  readonly files: Pick<Files, "space">;
}

/** A frozen disk is written anew where a guest writes: what nobody asked for must not fill the host. */
const hasRoom = ({ directory, files }: Place): Promise<boolean> =>
  files.space(directory).then(
    ({ freeBytes }) => freeBytes >= freeBytesFloor,
    () => false,
  );

/** What a command that stops or changes an instance is given, so that its disk of then becomes a point. */
export async function byTheWay({
  config,
  files,
  ids,
}: {
  readonly config: Pick<Daemon["config"], "directory">;
  readonly files: Pick<Files, "space">;
  readonly ids: Ids;
}): Promise<(world: World, instance: string) => ByTheWay> {
  const isRoomy = await hasRoom({ directory: config.directory, files });
  return (world, instance) => {
    const state = resolveInstance(world, instance);
    if (!isRoomy || !state.hardware || !isWanted(world, state)) return {};
    return { auto: { id: ids.next(), kind: "auto", next: ids.next() } };
  };
}

const isWanted = ({ settings, layers }: World, { layer }: InstanceState): boolean =>
  settingOf(settings, "auto-points") === "on" && chainOf(layers, layer).length < layersMax;

export interface AutoPointsOptions extends Place {
  readonly dispatcher: Dispatcher;
  readonly driver: Pick<Driver, "snapshots">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (line: string) => void;
}

export interface AutoPoints {
  /** Begins those that are owed; each is an operation of its own, which may fail by itself. */
  make(): Promise<void>;
  /** Removes those that are too many. */
  thin(): Promise<void>;
}

export function createAutoPoints(options: AutoPointsOptions): AutoPoints {
  const { dispatcher, clock, ids } = options;
  /** Tops that a point was begun of, and when: a success makes another layer the top. */
  const tried = new Map<string, number>();
  return {
    async make() {
      if (!(await hasRoom(options))) return;
      const nowMs = clock.monotonicMs();
      for (const [layer, atMs] of tried) if (nowMs - atMs >= againMs) tried.delete(layer);
      let made = 0;
      for (const { id, layer } of dispatcher.world().instances.values()) {
        if (made >= madeMax) return;
        if (tried.has(layer) || !owedNow(options, id)) continue;
        if (await makeOne(options, id, layer)) tried.set(layer, nowMs);
        if (tried.has(layer)) made++;
      }
    },
    async thin() {
      const { instances, settings, layers } = dispatcher.world();
      const limit = parseSize(settingOf(settings, "auto-points.limit"), "auto-points.limit");
      const leaving = thinned(instances.values(), layers, clock.now().getTime(), limit);
      for (const each of leaving.slice(0, removedMax))
        await dispatcher.dispatch({ type: "remove-point", ...each }, { by: daemonActor, command: ids.next() });
    },
  };
}

function owedNow({ dispatcher, clock }: AutoPointsOptions, id: string): keyof typeof reasons | undefined {
  const world = dispatcher.world();
  const state = world.instances.get(id);
  return state && isWanted(world, state) ? owedPoint(state, clock.now().getTime()) : undefined;
}

/** Answers whether it was tried: a disk that has not changed is looked at again soon. */
async function makeOne(options: AutoPointsOptions, id: string, layer: string): Promise<boolean> {
  const { dispatcher, clock, ids, report } = options;
  try {
    if (!(await isWritten(options, layer))) return false;
    // A user's command may have come meanwhile.
    const owed = owedNow(options, id);
    if (!owed) return false;
    const operation = ids.next();
    const deadline = new Date(clock.now().getTime() + makingMs).toISOString();
    const wanted = { id: ids.next(), kind: "auto", next: ids.next() } as const;
    const asked = { by: daemonActor, command: ids.next(), operation, reason: reasons[owed] };
    await dispatcher.dispatch({ type: "snapshot", id, operation, deadline, wanted }, asked);
  } catch (error) {
    report(`automatic point of ${dispatcher.world().instances.get(id)?.name ?? id}: ${messageOf(error)}`);
  }
  return true;
}

async function isWritten({ driver, clock }: AutoPointsOptions, layer: string): Promise<boolean> {
  const limit = new AbortController();
  const disarm = clock.after(lookMs, () => limit.abort("timeout"));
  return driver.snapshots.isWritten(layer, limit.signal).finally(disarm);
}
