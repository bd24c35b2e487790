/** Everything that a running daemon can say about its own health. */
import { systemGroup } from "../../config.ts";
import { explainInstance } from "../../events/projections/explain.ts";
import { settingOf } from "../../events/settings/settings.ts";
import type { World } from "../../events/world.ts";
import type { Check } from "../../model/check.ts";
import { systemNetwork } from "../../sys/network.ts";
import type { Processes } from "../../sys/process.ts";
import { groupId } from "../../sys/users.ts";
import type { Daemon } from "../handlers/context.ts";
import { checkHostNames } from "../host-names/resolved.ts";
import { checkDirectory } from "./directory.ts";
import { availableMemory, checkClock, checkDriver, checkMemory } from "./host.ts";
import { checkLeftovers } from "./leftovers.ts";
import { checkOpenLog, checkSeals, checkSink } from "./log.ts";
import { checkForwards } from "./forwards.ts";
import { checkNetworks } from "./networks.ts";
import { checkReach } from "./reach.ts";
import { checkSockets } from "./runtime.ts";

/** The driver may have to unpack and to try KVM, which takes seconds the first time. */
const driverMsMax = 40_000;

export async function examineDaemon(daemon: Daemon, processes: Pick<Processes, "list">): Promise<Check[]> {
  const { config, files, dispatcher, clock, log } = daemon;
  const { directory, runtimeDirectory, user } = config;
  const world = dispatcher.world();
  const mode = log.mode();
  const nowMs = clock.now().getTime();
  return [
    ...(await checkMachines(daemon)),
    ...(await checkDirectory({ directory, uid: user.uid, user: user.name, files })),
    checkOpenLog({
      position: log.position(),
      checkedAt: daemon.logCheckedAt(),
      ...(mode.kind === "read-only" && { readOnly: mode.error }),
    }),
    ...checkSeals(mode.kind === "writable" && log.sealKey() === undefined, daemon.anchored()),
    ...checkSink(daemon.sunk()),
    await checkSockets(config, files, groupId(systemGroup)),
    ...checkPauses(world),
    ...checkNetworks(world, daemon.networks),
    ...(await checkReach({ driver: daemon.driver, network: systemNetwork }, world)),
    ...checkForwards(world),
    ...checkHostNames(daemon.hostNames()),
    ...(await checkHostMemory(daemon)),
    ...(await checkLeftovers({ directory, runtimeDirectory, files, processes, world, nowMs })),
    checkClock(nowMs, world.time),
  ];
}

async function checkMachines({ driver, dispatcher }: Daemon): Promise<Check[]> {
  const isForced = settingOf(dispatcher.world().settings, "driver.accelerator") === "tcg";
  const report = await driver.check(AbortSignal.timeout(driverMsMax)).catch((error: unknown) => asError(error));
  return checkDriver(report, isForced);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Guests that wait for the host's disk. */
export function checkPauses(world: Pick<World, "instances">): Check[] {
  return [...world.instances.values()].flatMap((state): Check[] => {
    if (!state.paused) return [];
    const { summary, next } = explainInstance(state, Date.parse(state.paused.at));
    const found = `${state.name}: ${summary}`;
    return [{ name: "paused guest", verdict: "fail", found, ...(next === undefined ? {} : { next }) }];
  });
}

async function checkHostMemory({ dispatcher, files, memoryBytes: total }: Daemon): Promise<Check[]> {
  const available = await availableMemory(files);
  if (available === undefined) return [];
  const running = [...dispatcher.world().instances.values()]
    .filter(({ power }) => power === "running")
    .map(({ name, specs }) => ({ name, memory: specs.memory }));
  return [checkMemory({ total, available, running })];
}
