/** A machine's memory on disk: saved by QEMU into a file that we hand over, and loaded again into a machine of the same build. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { SavedMemory, StartPlan } from "../driver.ts";
import { readStatus } from "./attach.ts";
import { bootMachine } from "./boot.ts";
import type { Booted } from "./boot.ts";
import { removeIfThere } from "./layers.ts";
import { backToSaved, bootDeadlineMs, complete, connect, endSaved } from "./life.ts";
import type { Life, Running } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { startedOf, writeRun } from "./run-record.ts";
import type { LiveRecord, SuspendedRecord } from "./run-record.ts";

/** Under this name QEMU finds the file that it was handed. */
const handle = "memory";
const pollMs = 20;
/** The rate is not limited: nothing else wants the disk while the guest stands still. */
const unlimited = 2 ** 50;

const Migration = z.object({ status: z.string().optional(), "error-desc": z.string().optional() });
const failed = new Set(["failed", "cancelled"]);

/** Saves the memory of a machine and ends its process. It runs on when that fails. */
export async function saveAndEnd(life: Life, { record, identity }: Running, signal: AbortSignal): Promise<SavedMemory> {
  const { context, paths } = life;
  const qmp = await connect(life, identity, bootDeadlineMs, signal);
  await endEarlier(context.clock, qmp, signal);
  await qmp.execute("stop");
  let memoryBytes: number;
  try {
    memoryBytes = await save(life, qmp, signal);
  } catch (error) {
    await removeIfThere(context.files, `${paths.memory}.new`);
    await qmp.execute("cont").catch(() => undefined);
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

/** A daemon that died while it saved left a machine that saves on, or stands still with a file that nobody vouches for. */
async function endEarlier(clock: Life["context"]["clock"], qmp: Qmp, signal: AbortSignal): Promise<void> {
  if (Migration.parse(await qmp.execute("query-migrate")).status === undefined) return;
  await qmp.execute("migrate_cancel");
  await untilMigrated(clock, qmp, signal).catch((error: unknown) => {
    if (!(error instanceof UserError && error.code === "memory-not-moved")) throw error;
  });
  if ((await readStatus(qmp)) === "postmigrate") await qmp.execute("cont");
}

/** Writes the memory of a machine that stands still to its file, whole and synced. Answers its bytes. */
async function save({ context, paths }: Life, qmp: Qmp, signal: AbortSignal): Promise<number> {
  const { files } = context;
  const partial = `${paths.memory}.new`;
  const file = await files.open(partial, "ensure", 0o600);
  try {
    await file.truncate(0);
    await qmp.execute("migrate-set-parameters", { "max-bandwidth": unlimited });
    await qmp.pass(handle, file);
    await qmp.execute("migrate", { uri: `fd:${handle}` });
    await untilMigrated(context.clock, qmp, signal);
    await file.sync();
    const bytes = await file.size();
    await files.rename(partial, paths.memory);
    await files.syncDirectory(paths.directory);
    return bytes;
  } finally {
    await file.close();
  }
}

/** Waits for the end of a migration in either direction, which may take a moment to begin; gives it up with the signal. Throws `memory-not-moved`. */
async function untilMigrated(clock: Life["context"]["clock"], qmp: Qmp, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { status, "error-desc": why } = Migration.parse(await qmp.execute("query-migrate"));
    if (status === "completed") return;
    if (status !== undefined && failed.has(status))
      throw new UserError("memory-not-moved", `QEMU did not move the memory: ${why ?? status}`);
    try {
      await clock.sleep(pollMs, signal);
    } catch (error) {
      await qmp.execute("migrate_cancel").catch(() => undefined);
      throw error;
    }
  }
}

/** Throws `memory-foreign` when this host would not load it as it was saved. */
export async function checkLoadable(life: Life, saved: SuspendedRecord, signal: AbortSignal): Promise<void> {
  const { accelerator, build } = await life.context.acceleration(signal);
  if (saved.build === build && saved.accelerator === accelerator) return;
  throw new UserError(
    "memory-foreign",
    `the memory was saved by QEMU ${saved.build} under ${saved.accelerator}; this is ${build} under ${accelerator}`,
    {
      hints: [
        ["why", "memory is only sure to load into the same build"],
        ["or", "strata stop --force NAME, then strata start NAME (the memory is thrown away)"],
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
  await checkLoadable(life, saved, signal);
  const { context, paths, id } = life;
  const { process: _, boot: __, ...loading } = saved;
  const booted = await bootMachine(context, paths, id, plan, signal, loading);
  try {
    return await load(life, booted, signal);
  } catch (error) {
    await backToSaved(life, booted.identity, loading);
    signal.throwIfAborted();
    throw error;
  }
}

async function load(life: Life, { record, identity }: Booted, signal: AbortSignal): Promise<Running> {
  const { context, paths } = life;
  const qmp = await connect(life, identity, bootDeadlineMs, signal);
  const file = await context.files.open(paths.memory, "read");
  try {
    await qmp.pass(handle, file);
    await qmp.execute("migrate-incoming", { uri: `fd:${handle}` });
    await untilMigrated(context.clock, qmp, signal);
  } finally {
    await file.close();
  }
  // From the next instruction of the guest on, its disk is ahead of this memory: it must never be loaded again.
  const { loading: _, ...loaded } = record;
  const completed: LiveRecord = await complete(life, loaded, identity, qmp);
  const started = startedOf(completed, identity);
  if (started) return { record: completed, identity, started };
  throw new UserError("machine-not-started", "QEMU forwards no SSH port");
}
