/** The guest's memory itself, which QEMU shares with whoever may open its files: copied past QEMU, without what was never touched. */
import { UserError } from "../../errors.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { QemuContext } from "./context.ts";
import { isAlive } from "./judge.ts";
import { gapBytes, planLayout, readLayout, reversed } from "./memory-file.ts";
import { beginLoading, beginSaving } from "./migration.ts";
import type { SavingHow } from "./migration.ts";
import type { Qmp } from "./qmp.ts";
import type { LiveRecord } from "./run-record.ts";

type Ports = Pick<QemuContext, "files" | "processes">;

/** What is left to do before a memory is whole; rejects with the signal's reason. */
export type Rest = (signal: AbortSignal) => Promise<void>;

/** As QEMU calls the memory that it makes for a `memory-backend-memfd`. */
const sharedName = "memory-backend-memfd";

/**
 * Can the memory be written while the guest changes it? QEMU's own emulation before version 9.0 loses track of some writes
 * ("physmem: Fix migration dirty bitmap coherency with TCG memory access"), and such memory crashes the guest that goes on from it.
 */
export const tracksWrites = (accelerator: LiveRecord["accelerator"]): boolean => accelerator !== "tcg";

/**
 * Begins to write a machine's memory into a new file. Of a guest that stands still only what it has touched is read: QEMU would look
 * at every page, and have the host provide those that were never there.
 */
export async function beginWriting(
  ports: Ports,
  { record, identity }: { readonly record: LiveRecord; readonly identity: ProcessIdentity },
  qmp: Qmp,
  file: OpenFile,
  how: SavingHow,
): Promise<Rest> {
  const memory = tracksWrites(record.accelerator) ? undefined : await openMemory(ports, identity, "read");
  const plan = memory && planLayout(await memory.size(), await memory.extents(gapBytes));
  if (memory === undefined || plan === undefined) {
    await memory?.close();
    await beginSaving(qmp, file, how);
    return () => Promise.resolve();
  }
  const { head, layout } = plan;
  try {
    await file.write(head, 0);
    file.seek(layout.stream);
    await beginSaving(qmp, file, how, "without memory");
  } catch (error) {
    await memory.close();
    throw error;
  }
  return (signal) => memory.copy(layout.parts, file, signal).finally(() => memory.close());
}

/** Begins to load memory into a machine that has none yet. Throws `memory-damaged`, `memory-not-moved`. */
export async function beginReading(
  ports: Ports,
  identity: ProcessIdentity,
  qmp: Qmp,
  file: OpenFile,
  signal: AbortSignal,
): Promise<void> {
  const layout = await readLayout(file);
  if (layout === undefined) return beginLoading(qmp, file);
  const memory = await openMemory(ports, identity, "write");
  if (memory === undefined) throw notMoved("it cannot be opened");
  try {
    if ((await memory.size()) !== layout.bytes) throw notMoved("it has another size");
    await file.copy(reversed(layout), memory, signal);
  } finally {
    await memory.close();
  }
  file.seek(layout.stream);
  await beginLoading(qmp, file, "without memory");
}

/** Undefined where the system has no such thing, or does not let us. */
async function openMemory(
  { files, processes }: Ports,
  identity: ProcessIdentity,
  how: "read" | "write",
): Promise<OpenFile | undefined> {
  const path = processes.sharedMemory(identity, sharedName);
  const memory = path === undefined ? undefined : await files.open(path, how).catch(() => undefined);
  // The number may have become another process's just before.
  if (memory === undefined || isAlive(processes, identity)) return memory;
  await memory.close();
  return undefined;
}

const notMoved = (why: string) =>
  new UserError("memory-not-moved", `the saved memory does not get into the machine's memory: ${why}`);
