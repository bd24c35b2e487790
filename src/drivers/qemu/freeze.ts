/** Freezes the top of a machine's disk, which goes on in a new layer: of one that is off, suspended or running. */
import { UserError } from "../../errors.ts";
import type { FreezePlan, Frozen } from "../driver.ts";
import { readChain } from "./chain.ts";
import { earlierNode, readTop } from "./disk.ts";
import { newestIs, noteTop, parentOf, readDiskNote } from "./disk-note.ts";
import type { DiskNote, Outcome } from "./disk-note.ts";
import type { QemuContext } from "./context.ts";
import { freezeRunning } from "./freeze-running.ts";
import { bootDeadlineMs, connect, isRunning, isSuspended, judge } from "./life.ts";
import type { Life, Running } from "./life.ts";
import { keepSaved, removeMemory } from "./memories.ts";
import type { Loader } from "./memories.ts";
import { layerPath, memoryPath, nodeOf } from "./paths.ts";
import { untilThawed } from "./quiet.ts";
import type { SuspendedRecord } from "./run-record.ts";
import { checkWritable, makeTop, sealLayer } from "./tops.ts";

/** Once the disk stands on the new layer nothing gives up any more, the signal neither. */
export async function freeze(life: Life, plan: FreezePlan, signal: AbortSignal): Promise<Frozen> {
  const { context, paths } = life;
  const { files, dataDirectory } = context;
  const path = layerPath(dataDirectory, plan.layer);
  if ((await files.stat(path)) === undefined)
    throw new UserError("disk-missing", `the instance's disk ${path} is gone`);
  const note = await readDiskNote(context, paths);
  await readChain(context, plan.layer, parentOf(note, plan.layer));
  const seen = await judge(life, signal);
  await untilThawed(life, signal);
  const outcome = isRunning(seen)
    ? await freezeLive(life, seen, note, plan, signal)
    : await freezeStill(life, isSuspended(seen) ? seen : undefined, note, plan, signal);
  return { bytes: await sealed(context, plan.layer), ...outcome };
}

/** The disk stands on the next layer by now: a failure here must not make anybody believe that it does not. */
function sealed(context: QemuContext, layer: string): Promise<number> {
  return sealLayer(context, layer).catch(async () => {
    const path = layerPath(context.dataDirectory, layer);
    return (await context.files.stat(path))?.allocatedBytes ?? 0;
  });
}

async function freezeLive(
  life: Life,
  running: Running,
  note: DiskNote,
  plan: FreezePlan,
  signal: AbortSignal,
): Promise<Outcome> {
  const { context, paths } = life;
  const qmp = await connect(life, running.identity, bootDeadlineMs, signal);
  const top = await readTop(qmp);
  const names = { layer: plan.next, parent: plan.layer };
  if (top === nodeOf(plan.next)) {
    const outcome = recorded(note, plan) ?? (await interrupted(life, plan, running.record));
    await noteFrozen(life, names, outcome);
    return outcome;
  }
  if (top !== nodeOf(plan.layer) && top !== earlierNode) throw otherTop(plan.layer);
  const outcome = await freezeRunning(life, running, qmp, plan, signal).catch((error: unknown) =>
    settled(life, plan, running.record, error),
  );
  // It ended by itself meanwhile, on its old top or on the new one, which is the same then.
  if (outcome === undefined) return freezeStill(life, undefined, await readDiskNote(context, paths), plan, signal);
  await noteFrozen(life, names, outcome);
  return outcome;
}

/** Without the note, who asks again is told less; the disk has moved on, also where none can be written. */
async function noteFrozen({ context, paths }: Life, names: DiskNote["tops"][number], frozen: Outcome): Promise<void> {
  await noteTop(context, paths, names, { frozen }).catch(() => undefined);
}

/**
 * What a freeze that failed has come to: rethrows when the disk stands on its old top. Throws `freeze-unknown` when QEMU does not
 * say. Undefined: the machine is off by now, and its new top is there.
 */
async function settled(
  life: Life,
  plan: FreezePlan,
  record: Running["record"],
  error: unknown,
): Promise<Outcome | undefined> {
  if (life.isReleased) throw error;
  const top = await topNow(life).catch((cause: unknown) => Promise.reject(unknownTop(plan.layer, cause)));
  if (top === nodeOf(plan.next)) return interrupted(life, plan, record);
  const { files, dataDirectory } = life.context;
  const isMade = (await files.stat(layerPath(dataDirectory, plan.next))) !== undefined;
  if (top === undefined && isMade) return undefined;
  throw error;
}

/** Undefined: the machine is off. A freeze on record has been finished or taken back. */
async function topNow(life: Life): Promise<string | undefined> {
  const ask = async () => {
    const seen = await judge(life, life.closing);
    return isRunning(seen) ? readTop(await connect(life, seen.identity, bootDeadlineMs, life.closing)) : undefined;
  };
  // It may end just while it is asked.
  return ask().catch(ask);
}

/** The note comes first: a layer that is there without one was made for a machine that ran. */
async function freezeStill(
  life: Life,
  saved: SuspendedRecord | undefined,
  note: DiskNote,
  plan: FreezePlan,
  signal: AbortSignal,
): Promise<Outcome> {
  const { context, paths } = life;
  const isMade = (await context.files.stat(layerPath(context.dataDirectory, plan.next))) !== undefined;
  if (!isMade) await checkWritable(context, plan.layer);
  const outcome = isMade
    ? (recorded(note, plan) ?? (await interrupted(life, plan)))
    : await keepStill(life, saved, plan);
  await noteTop(context, paths, { layer: plan.next, parent: plan.layer }, { frozen: outcome });
  await makeTop(context, topOf(plan), signal);
  return outcome;
}

async function keepStill(life: Life, saved: SuspendedRecord | undefined, { memory }: FreezePlan): Promise<Outcome> {
  if (saved === undefined)
    return { consistency: "off", ...(memory !== undefined && { memoryLost: "the machine did not run" }) };
  // What the guest had not written out yet is in its memory only.
  if (memory === undefined) return { consistency: "crash" };
  return { consistency: "memory", kept: await keepSaved(life.context, life.paths.memory, saved, memory) };
}

const topOf = ({ layer, next, bytes, ordinal }: FreezePlan) => ({ layer: next, parent: layer, bytes, ordinal });

const recorded = (note: DiskNote, { next }: FreezePlan): Outcome | undefined =>
  newestIs(note, next) ? note.frozen : undefined;

/** What is left of a freeze that the daemon did not outlive, after the switch. Memory is good only if we know what wrote it. */
async function interrupted({ context }: Life, { memory }: FreezePlan, loader?: Loader): Promise<Outcome> {
  if (memory === undefined) return { consistency: "crash" };
  const path = memoryPath(context.dataDirectory, memory);
  const memoryBytes = (await context.files.stat(path))?.bytes;
  if (memoryBytes !== undefined && loader !== undefined) {
    const { build, accelerator } = loader;
    return { consistency: "memory", kept: { memory, memoryBytes, build, accelerator } };
  }
  await removeMemory(context.files, path);
  return { consistency: "crash", memoryLost: "it was not saved to its end" };
}

const unknownTop = (layer: string, cause: unknown) =>
  new UserError("freeze-unknown", `QEMU does not say whether its disk still stands on layer ${layer}`, { cause });

const otherTop = (layer: string) =>
  new UserError("layer-frozen", `the machine's disk stands on another layer than ${layer}`);
