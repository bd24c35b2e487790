/** Freezing a disk and going back: the steps of points, as driver calls. */
import type { Driver } from "../drivers/driver.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import { ownLayers, type Layers } from "../events/layers.ts";
import type { Effects } from "./reactor.ts";

type Snapshots = Pick<Driver, "snapshots">;

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

export function createPointEffects(driver: Snapshots): Pick<Effects, "freeze" | "rewind"> {
  const { snapshots } = driver;
  return {
    freeze: async (instance, operation, signal) => {
      await checkTarget(driver, operation, signal);
      const { wanted } = operation;
      if (!wanted) throw new Error("bug: a freeze makes a point");
      const { layer, specs, ordinal } = instance;
      const plan = { layer, next: wanted.next, bytes: specs.disk, ordinal };
      const frozen = await snapshots.freeze(
        instance.id,
        { ...plan, ...(wanted.memory !== undefined && { memory: wanted.memory }) },
        signal,
      );
      return { step: "freeze", frozen };
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

/** What goes with an instance for good: layers that nothing else stands on, and memory that its points keep. */
export function belongings(layers: Layers, instance: InstanceState): { layers: string[]; memories: string[] } {
  const own = ownLayers(layers, instance);
  return {
    // Until there is an event that tells of the disk, only the instance knows of its layer.
    layers: own.includes(instance.layer) || layers.has(instance.layer) ? own : [instance.layer, ...own],
    memories: instance.points.flatMap(({ kept }) => kept?.memory ?? []),
  };
}
