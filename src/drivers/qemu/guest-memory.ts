/** The guest's memory itself, which QEMU shares with whoever may open its files: copied past QEMU, without what was never touched. */
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { OpenFile } from "../../sys/files.ts";
import { isAlive } from "../../sys/process.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { QemuContext } from "./context.ts";
import { gapBytes, planLayout, readLayout, reversed } from "./memory-file.ts";
import { beginLoading, beginSaving, readySaving } from "./migration.ts";
import type { SavingHow } from "./migration.ts";
import type { Qmp } from "./qmp.ts";
import type { LiveRecord } from "./run-record.ts";

type Ports = Pick<QemuContext, "files" | "processes" | "clock">;

/** A machine's memory on its way into a new file. */
export interface Writing {
  /** Whatever can be done while the guest runs. */
  ready(signal: AbortSignal): Promise<void>;
  /** The guest stands still, unless QEMU writes what it changes meanwhile. Begins to write; what it answers is left to do before the
   *  memory is whole, and rejects with the signal's reason. */
  begin(): Promise<(signal: AbortSignal) => Promise<void>>;
  /** To be called in any case, when nothing is under way any more. */
  close(): Promise<void>;
}

const fillBytes = 2 ** 20;
/** About what a new layer takes, which is made meanwhile: the whole takes no longer for it. */
const fillMs = 35;

/** As QEMU calls the memory that it makes for a `memory-backend-memfd`. */
const sharedName = "memory-backend-memfd";

/**
 * Can the memory be written while the guest changes it? QEMU's own emulation before version 9.0 loses track of some writes
 * ("physmem: Fix migration dirty bitmap coherency with TCG memory access"), and such memory crashes the guest that goes on from it.
 */
export const tracksWrites = (accelerator: LiveRecord["accelerator"]): boolean => accelerator !== "tcg";

/**
 * Writes a machine's memory into a new file. Of a guest that stands still only what it has touched is read: QEMU would look at every
 * page, and have the host provide those that were never there.
 */
export function createWriting(
  ports: Ports,
  { record, identity }: { readonly record: LiveRecord; readonly identity: ProcessIdentity },
  qmp: Qmp,
  file: OpenFile,
  how: SavingHow,
): Writing {
  let memory: OpenFile | undefined;
  let isWorthIt = false;
  const look = async () => memory && planLayout(await memory.size(), await memory.extents(gapBytes));
  return {
    ready: async (signal) => {
      if (!tracksWrites(record.accelerator)) memory = await openMemory(ports, identity, "read");
      const plan = await look();
      isWorthIt = plan !== undefined;
      if (plan !== undefined && how === "in parts") await fill(ports.clock, file, plan.layout.stream, signal);
      await readySaving(qmp, file, how, isWorthIt ? "without memory" : "whole");
    },
    begin: async () => {
      const plan = isWorthIt ? await look() : undefined;
      // What QEMU writes ends the file, also where the guest has touched more meanwhile, or given some back.
      if (isWorthIt) await file.truncate(plan?.layout.stream ?? 0);
      if (memory === undefined || plan === undefined) {
        if (isWorthIt) await readySaving(qmp, file, how, "whole");
        await beginSaving(qmp);
        return () => Promise.resolve();
      }
      const { head, layout } = plan;
      await file.write(head, 0);
      file.seek(layout.stream);
      await beginSaving(qmp);
      return memory.copy.bind(undefined, layout.parts, file);
    },
    close: async () => memory?.close(),
  };
}

/**
 * Gives a new file its pages in the host's memory while the guest runs, as many as there is time for. A host that has no page at hand,
 * a virtual one that gives free memory back to its own host above all, takes several times as long to find one as to write to it.
 */
async function fill(clock: Clock, file: OpenFile, bytes: number, signal: AbortSignal): Promise<void> {
  const zeros = new Uint8Array(fillBytes);
  const late = clock.monotonicMs() + fillMs;
  for (let at = 0; at < bytes && clock.monotonicMs() < late; at += fillBytes) {
    signal.throwIfAborted();
    await file.write(zeros.subarray(0, Math.min(fillBytes, bytes - at)), at);
  }
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
  if (layout === undefined) return beginLoading(qmp, file, "whole");
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
