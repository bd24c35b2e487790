/** A machine's memory on disk: saved by QEMU into a file that we hand over, and loaded again into a machine of the same build. */
import { UserError } from "../../errors.ts";
import type { SavedMemory, StartPlan } from "../driver.ts";
import { bootMachine } from "./boot.ts";
import type { Booted } from "./boot.ts";
import type { QemuContext } from "./context.ts";
import { both } from "./both.ts";
import { beginReading, createWriting } from "./guest-memory.ts";
import { removeIfThere } from "./layers.ts";
import { backToSaved, bootDeadlineMs, complete, connect, endSaved, pauseOf } from "./life.ts";
import type { Life, Running } from "./life.ts";
import { keepWritten, partialOf } from "./memories.ts";
import type { Loader } from "./memories.ts";
import { bringBack, untilMigration } from "./migration.ts";
import { checkUnplugged } from "./mount-devices.ts";
import type { Qmp } from "./qmp.ts";
import { startedOf, writeRun } from "./run-record.ts";
import type { LiveRecord, SuspendedRecord } from "./run-record.ts";
import { renewNetwork } from "./stranger.ts";
import { holdBack } from "./set-link.ts";

/** Saves the memory of a machine and ends its process. It runs on when that fails. */
export async function saveAndEnd(life: Life, running: Running, signal: AbortSignal): Promise<SavedMemory> {
  const { context, paths } = life;
  const { record, identity } = running;
  const qmp = await connect(life, identity, bootDeadlineMs, signal);
  await checkUnplugged(qmp);
  await qmp.execute("stop");
  let memoryBytes: number;
  try {
    memoryBytes = await save(life, running, qmp, signal);
  } catch (error) {
    await removeIfThere(context.files, partialOf(paths.memory));
    await bringBack(qmp, context.clock).catch(() => undefined);
    throw error;
  }
  const { build, accelerator } = record;
  const suspended = { phase: "suspended", memoryBytes, build, accelerator } as const;
  await writeRun(context.files, paths.run, { ...suspended, process: identity, boot: record.boot });
  await life.console.drain();
  await endSaved(life, identity);
  await writeRun(context.files, paths.run, suspended);
  return { memoryBytes, build };
}

/** Writes the memory of a machine that stands still to its file, whole and synced. Answers its bytes. */
async function save(life: Life, running: Running, qmp: Qmp, signal: AbortSignal): Promise<number> {
  const { context, paths } = life;
  const { files } = context;
  const partial = partialOf(paths.memory);
  // One that is left may be the other name of memory that a point keeps.
  await removeIfThere(files, partial);
  const file = await files.open(partial, "create", 0o600);
  try {
    const writing = createWriting(context, running, qmp, file, "at once");
    try {
      await writing.ready(signal);
      await both(await writing.begin(), (limit) => untilMigration(qmp, "completed", pauseOf(life), limit), signal);
    } finally {
      await writing.close();
    }
  } finally {
    await file.close();
  }
  return keepWritten(files, paths.memory);
}

/** Throws `memory-foreign` when this host would not load it as it was saved. `way` is what to do then. */
export async function checkLoadable(
  context: Pick<QemuContext, "acceleration">,
  saved: Loader,
  way: string,
  signal: AbortSignal,
): Promise<void> {
  const { accelerator, build } = await context.acceleration(signal);
  if (saved.build === build && saved.accelerator === accelerator) return;
  throw new UserError(
    "memory-foreign",
    `the memory was saved by QEMU ${saved.build} under ${saved.accelerator}; this is ${build} under ${accelerator}`,
    {
      hints: [
        ["why", "memory is only sure to load into the same build"],
        ["or", way],
      ],
    },
  );
}

/** A process that loads the saved memory and stands still. What fails leaves the memory as it was, for another try. */
export async function bootFromMemory(
  life: Life,
  saved: SuspendedRecord,
  plan: StartPlan,
  signal: AbortSignal,
): Promise<Running> {
  const { context, paths, id } = life;
  const way = "strata stop --force NAME, then strata start NAME (the memory is thrown away)";
  await checkLoadable(context, saved, way, signal);
  const { process: _, boot: __, ...loading } = saved;
  const booted = await bootMachine(context, paths, id, plan, signal, loading);
  try {
    return await load(life, booted, plan, signal);
  } catch (error) {
    await backToSaved(life, booted.identity, loading);
    signal.throwIfAborted();
    throw error;
  }
}

async function load(life: Life, { record, identity }: Booted, plan: StartPlan, signal: AbortSignal): Promise<Running> {
  const { context, paths } = life;
  const qmp = await connect(life, identity, bootDeadlineMs, signal);
  const file = await context.files.open(paths.memory, "read");
  try {
    await beginReading(context, identity, qmp, file, signal);
    await untilMigration(qmp, "completed", pauseOf(life), signal);
  } finally {
    await file.close();
  }
  if (plan.isStranger) await (plan.tap === undefined ? renewNetwork(qmp, plan) : holdBack(life, qmp));
  // From the next instruction of the guest on, its disk is ahead of this memory: it must never be loaded again.
  const { loading: _, ...loaded } = record;
  const completed: LiveRecord = await complete(life, loaded, identity, qmp);
  const started = startedOf(completed, identity);
  if (started) return { record: completed, identity, started };
  throw new UserError("machine-not-started", "QEMU forwards no SSH port");
}
