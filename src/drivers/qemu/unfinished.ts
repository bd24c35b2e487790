/** What a daemon that died left half done in a running machine: the guest goes on, and a freeze is finished or taken back. */
import { closeLayer, readTop } from "./disk.ts";
import { removeIfThere } from "./layers.ts";
import type { Life } from "./life.ts";
import { keepWritten, partialOf, removeMemory } from "./memories.ts";
import { bringBack, finishSaving, isWaiting } from "./migration.ts";
import { layerPath, memoryPath, nodeOf } from "./paths.ts";
import type { Qmp } from "./qmp.ts";
import { keepThawing } from "./quiet.ts";
import { noteRun } from "./run-record.ts";
import type { Freezing, LiveRecord } from "./run-record.ts";

/** Called for a machine that nobody works on just now, whose QEMU is in `status`. Answers its record as it is then. */
export async function letGoOn(life: Life, record: LiveRecord, qmp: Qmp, status: string): Promise<LiveRecord> {
  const { context, paths, thawing } = life;
  const { freezing, ...rest } = record;
  if (freezing === undefined && isWaiting(status)) await bringBack(qmp, context.clock);
  // Where the guest's agent is late, everything else is done.
  if (freezing === undefined || thawing !== undefined) return record;
  await settleFreeze(life, freezing, qmp);
  if (freezing.isQuiet) {
    keepThawing(life);
    return record;
  }
  await noteRun(context.files, paths.run, rest);
  return rest;
}

/** After the switch a freeze is finished, before that it is taken back. The guest runs then. */
export async function settleFreeze(life: Life, freezing: Freezing, qmp: Qmp): Promise<void> {
  const { clock, files, dataDirectory } = life.context;
  const isSwitched = (await readTop(qmp)) === nodeOf(freezing.next);
  if (!isSwitched) return takeBack(life, freezing, qmp);
  const { memory } = freezing;
  if (memory === undefined) return bringBack(qmp, clock);
  const lost = await finishSaving(qmp, clock, clock.sleep);
  await bringBack(qmp, clock);
  const path = memoryPath(dataDirectory, memory);
  if (lost !== undefined) await removeMemory(files, path);
  else if ((await files.stat(partialOf(path))) !== undefined) await keepWritten(files, path);
}

/** The guest runs on its old top, and nothing is left of the freeze. */
async function takeBack({ context }: Life, { next, memory }: Freezing, qmp: Qmp): Promise<void> {
  const { clock, files, dataDirectory } = context;
  await bringBack(qmp, clock);
  await closeLayer(qmp, next);
  await removeIfThere(files, layerPath(dataDirectory, next));
  if (memory !== undefined) await removeMemory(files, memoryPath(dataDirectory, memory));
}
