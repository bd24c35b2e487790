/** Gives a machine that does not run a new top on a frozen layer, and the memory that belongs to it. */
import { UserError } from "../../errors.ts";
import type { KeptMemory, RewindPlan } from "../driver.ts";
import { checkFrozenChain } from "./chain.ts";
import type { QemuContext } from "./context.ts";
import { readTop } from "./disk.ts";
import { newestIs, noteTop, readDiskNote } from "./disk-note.ts";
import { removeIfThere } from "./layers.ts";
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life, Running } from "./life.ts";
import { checkKept, share } from "./memories.ts";
import { checkLoadable } from "./memory.ts";
import { layerPath, memoryPath, nodeOf } from "./paths.ts";
import type { MachinePaths } from "./paths.ts";
import { SuspendedRecord, writeRun } from "./run-record.ts";
import { makeTop } from "./tops.ts";

/** Can one go back to a frozen layer, and to the memory that was kept with it? Throws what is in the way. */
export async function checkPoint(
  context: QemuContext,
  { layer, kept }: { readonly layer: string; readonly kept?: KeptMemory },
  signal: AbortSignal,
): Promise<void> {
  await checkFrozenChain(context, layer);
  if (kept === undefined) return;
  await checkKept(context, kept);
  await checkLoadable(context, kept, "go back without the memory: the guest boots then", signal);
}

/** The old memory is thrown away when all that takes its place is there. */
export async function rewind(life: Life, plan: RewindPlan, signal: AbortSignal): Promise<void> {
  const { context, paths } = life;
  const { from, next, bytes, ordinal, kept } = plan;
  const seen = await judge(life, signal);
  if (isRunning(seen)) return confirmRunning(life, seen, next, signal);
  const isMade = (await context.files.stat(layerPath(context.dataDirectory, next))) !== undefined;
  const note = await readDiskNote(context, paths);
  // It may have run since, and its disk be ahead of the memory.
  if (isMade && newestIs(note, next) && note.isRewound) return;
  await checkPoint(context, { layer: from, ...(kept && { kept }) }, signal);
  await makeTop(context, { layer: next, parent: from, bytes, ordinal }, signal);
  await noteTop(context, paths, { layer: next, parent: from });
  await writeRun(context.files, paths.run, { phase: "ended", cause: "user" });
  if (kept) await place(context, paths, kept);
  else await removeIfThere(context.files, paths.memory);
  await noteTop(context, paths, { layer: next, parent: from }, { isRewound: true });
}

/** The next start goes on from it, as if the machine had been suspended then. */
export async function place(
  { files, dataDirectory }: QemuContext,
  paths: MachinePaths,
  { memory, ...saved }: KeptMemory,
): Promise<void> {
  await share(files, memoryPath(dataDirectory, memory), paths.memory);
  await writeRun(files, paths.run, SuspendedRecord.parse({ phase: "suspended", ...saved }));
}

async function confirmRunning(life: Life, { identity }: Running, next: string, signal: AbortSignal): Promise<void> {
  const qmp = await connect(life, identity, bootDeadlineMs, signal);
  if ((await readTop(qmp)) === nodeOf(next)) return;
  throw new UserError("machine-running", "the machine runs, so its disk cannot go back", {
    hints: [["next", "stop or suspend it first"]],
  });
}
