/** The fake driver's disks as trees of layers, and memories that points keep. */
import { UserError } from "../errors.ts";
import type { FreezePlan, Frozen, KeptMemory, MergePlan, RewindPlan, SnapshotSupport } from "./driver.ts";
import type { TakePlan } from "./images.ts";
import { defaultImage } from "./fake-world.ts";
import type { FakeCall, FakeLayer, FakeMachine, FakeWorld } from "./fake-world.ts";

/** Runs the work of a call, or what the script has for it. */
export type Meet = <Value>(call: FakeCall, signal: AbortSignal, work: () => Value | Promise<Value>) => Promise<Value>;

export const loader = { build: "fake 1", accelerator: "fake" } as const;
/** As much memory as a fake machine has. */
export const saved = { memoryBytes: 2 ** 20, build: loader.build };
const recordBytes = 2 ** 16;
const pausedMs = 5;

export function createFakeSnapshots(world: FakeWorld, meet: Meet): SnapshotSupport {
  return {
    freeze: (id, plan, signal) => meet("freeze", signal, () => freeze(world, known(world, id), plan)),
    isWritten: (layer, signal) => meet("written", signal, () => isWritten(world, layer)),
    check: (at, signal) => meet("check-point", signal, () => checkPoint(world, at.layer, at.kept)),
    rewind: (id, plan, signal) => meet("rewind", signal, () => rewind(world, known(world, id), plan)),
    merge: (plan, signal) => meet("merge", signal, () => merge(world, plan)),
    take: (plan, signal) => meet("take", signal, () => take(world, plan)),
    empty: async () => world.quarantine.clear(),
    discard: (what, signal) => meet("discard", signal, () => discard(world, what)),
  };
}

/** Throws `disk-missing` when there is no such machine. */
export function known(world: FakeWorld, id: string): FakeMachine {
  const machine = world.machines.get(id);
  if (machine) return machine;
  throw new UserError("disk-missing", `there is no machine ${id}`);
}

function freeze(world: FakeWorld, machine: FakeMachine, plan: FreezePlan): Frozen {
  const layer = world.layers.get(plan.layer);
  if (!layer) throw new UserError("disk-missing", `the disk ${plan.layer} is gone`);
  if (machine.top === plan.next && machine.frozen) return machine.frozen;
  if (machine.top !== plan.layer) throw new UserError("layer-frozen", `the disk stands on ${machine.top}`);
  machine.frozen = { bytes: layer.data.length * recordBytes, ...memoryOf(world, machine, plan.memory) };
  layer.isFrozen = true;
  layer.whole = world.through(plan.layer);
  world.layers.set(plan.next, newOn(plan.layer));
  machine.top = plan.next;
  return machine.frozen;
}

const newOn = (parent: string): FakeLayer => ({ parent, data: [], isFrozen: false });

function isWritten(world: FakeWorld, layer: string): boolean {
  const found = world.layers.get(layer);
  if (!found) throw new UserError("disk-missing", `the disk ${layer} is gone`);
  return found.data.length > 0;
}

function memoryOf(world: FakeWorld, { power, programs }: FakeMachine, memory?: string): Omit<Frozen, "bytes"> {
  const paused = power === "running" ? { pausedMs } : {};
  if (power === "off") return { consistency: "off", ...(memory && { memoryLost: "the machine did not run" }) };
  if (memory === undefined) return { consistency: power === "running" ? "quiet" : "crash", ...paused };
  world.memories.set(memory, [...programs]);
  return { consistency: "memory", ...paused, kept: { memory, ...saved, accelerator: loader.accelerator } };
}

/** Throws when a layer, or one below it, is not there or not frozen. */
export function checkFrozen(world: FakeWorld, layer: string | undefined): void {
  if (layer === undefined) return;
  const found = world.layers.get(layer);
  if (!found) throw new UserError("layer-missing", `layer ${layer} is gone`);
  if (!found.isFrozen) throw new UserError("layer-not-frozen", `layer ${layer} is not frozen`);
  checkFrozen(world, found.parent);
}

export function checkPoint(world: FakeWorld, layer: string, kept?: KeptMemory): void {
  checkFrozen(world, layer);
  if (!kept) return;
  if (!world.memories.has(kept.memory)) throw new UserError("memory-missing", `the memory ${kept.memory} is gone`);
  if (kept.build !== loader.build || kept.accelerator !== loader.accelerator)
    throw new UserError("memory-foreign", `the memory was saved by ${kept.build}`);
}

function rewind(world: FakeWorld, machine: FakeMachine, { from, next, kept }: RewindPlan): void {
  if (machine.top === next) return;
  if (machine.power === "running") throw new UserError("machine-running", "the machine runs");
  checkPoint(world, from, kept);
  world.layers.set(next, newOn(from));
  const programs = [...(kept ? (world.memories.get(kept.memory) ?? []) : [])];
  Object.assign(machine, { power: kept ? "suspended" : "off", cause: "user", top: next, programs });
}

function merge(world: FakeWorld, { layer, from, parent }: MergePlan): { bytes: number } {
  checkFrozen(world, layer);
  const data: string[] = [];
  let at: string | undefined = layer;
  for (; at !== parent && at !== undefined; at = world.layers.get(at)?.parent) {
    if (at !== layer && !from.includes(at)) throw new UserError("layer-damaged", `layer ${layer} stands on ${at}`);
    data.unshift(...(world.layers.get(at)?.data ?? []));
  }
  if (at !== parent) throw new UserError("layer-damaged", `layer ${layer} does not stand on ${parent}`);
  const { parent: _, ...rest } = world.layers.get(layer) ?? { isFrozen: true };
  world.layers.set(layer, { ...rest, ...(parent !== undefined && { parent }), data });
  return { bytes: data.length * recordBytes };
}

function take(world: FakeWorld, { layer, parent, content }: TakePlan): { bytes: number } {
  const below = "layer" in parent ? { parent: parent.layer } : {};
  checkFrozen(world, below.parent);
  const known = world.layers.get(layer);
  if (known) return { bytes: known.data.length * recordBytes };
  const whole = "path" in parent ? contentOf(world, parent.path) : world.through(parent.layer);
  const wanted = content ? contentOf(world, content.path, content.snapshot) : whole;
  // What the image below holds is in no layer of this world, so it is not told apart.
  const data = wanted.filter((each) => !whole.includes(each));
  world.layers.set(layer, { ...below, data, isFrozen: true, whole: [...world.through(below.parent ?? ""), ...data] });
  return { bytes: data.length * recordBytes };
}

/** Throws `image-invalid` and `snapshot-missing`. */
export function contentOf(world: FakeWorld, path: string, snapshot?: string): readonly string[] {
  const image = world.images.get(path) ?? defaultImage;
  if (image === "invalid") throw new UserError("image-invalid", `${path} is no disk image`);
  const found = snapshot === undefined ? (image.data ?? []) : image.snapshots?.[snapshot];
  if (!found) throw new UserError("snapshot-missing", `the image holds no snapshot ${snapshot}`);
  return found;
}

function discard(world: FakeWorld, { layers, memories, quarantine }: Parameters<SnapshotSupport["discard"]>[0]): void {
  for (const [layer, { parent }] of world.layers)
    if (parent !== undefined && layers.includes(parent) && !layers.includes(layer))
      throw new UserError("layer-in-use", `layer ${layer} stands on ${parent}`);
  for (const each of [...layers, ...memories]) {
    const isThere = world.layers.delete(each) || world.memories.delete(each);
    if (!quarantine) world.quarantine.delete(each);
    else if (isThere) world.quarantine.add(each);
  }
}
