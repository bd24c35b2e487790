/** Freezing a disk and going back: the steps of points, as driver calls. */
import type { Driver, FreezePlan, Frozen } from "../drivers/driver.ts";
import { UserError } from "../errors.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import { ownLayers, type Layers } from "../events/layers.ts";
import type { Clock } from "../sys/clock.ts";
import type { Effects } from "./reactor.ts";

type Snapshots = Pick<Driver, "snapshots">;

interface Ports {
  readonly driver: Snapshots;
  readonly clock: Clock;
}

/** Before a restore does anything: can one go there at all? */
export async function checkTarget(
  { snapshots }: Snapshots,
  { restore, abandoned, done }: PendingOperation,
  signal: AbortSignal,
): Promise<void> {
  if (!restore || abandoned || done.length > 0) return;
  const { layer, kept } = restore.to;
  await snapshots.check({ layer, ...(kept && { kept }) }, signal);
}

export function createPointEffects(ports: Ports): Pick<Effects, "freeze" | "rewind"> {
  const { driver } = ports;
  const { snapshots } = driver;
  return {
    freeze: async (instance, operation, signal) => {
      await checkTarget(driver, operation, signal);
      const { wanted } = operation;
      if (!wanted) throw new Error("bug: a freeze makes a point");
      const { layer, specs, ordinal } = instance;
      const plan = { layer, next: wanted.next, bytes: specs.disk, ordinal };
      const whole = { ...plan, ...(wanted.memory !== undefined && { memory: wanted.memory }) };
      return { step: "freeze", frozen: await freeze(ports, instance.id, whole, signal) };
    },
    rewind: async ({ id, ordinal }, { restore }, signal) => {
      if (!restore) throw new Error("bug: a rewind goes somewhere");
      const { to, next, specs } = restore;
      const plan = { from: to.layer, next, bytes: specs.disk, ordinal };
      await snapshots.rewind(id, { ...plan, ...(to.kept && { kept: to.kept }) }, signal);
      return { step: "rewind" };
    },
  };
}

/** How long the answer to a freeze that was given up is waited for. */
const answerMs = 60_000;

/** One that is given up may have been done: only its answer says on which layer the machine stands, so it is asked again. */
async function freeze({ driver, clock }: Ports, id: string, plan: FreezePlan, signal: AbortSignal): Promise<Frozen> {
  try {
    return await driver.snapshots.freeze(id, plan, signal);
  } catch (error) {
    const isUnknown = signal.aborted || (error instanceof UserError && error.code === "driver-timeout");
    if (!isUnknown || signal.reason === "closing") throw error;
    const limit = new AbortController();
    const disarm = clock.after(answerMs, () => limit.abort(error));
    return await driver.snapshots.freeze(id, plan, limit.signal).finally(disarm);
  }
}

/** What goes with an instance for good: layers that nothing else stands on, and memory that its points keep. */
export function belongings(layers: Layers, instance: InstanceState): { layers: string[]; memories: string[] } {
  const own = ownLayers(layers, instance);
  return {
    // Until there is an event that tells of the disk, only the instance knows of its layer.
    layers: own.includes(instance.layer) || layers.has(instance.layer) ? own : [instance.layer, ...own],
    memories: instance.points.flatMap(({ kept }) => kept?.memory ?? []),
  };
}
