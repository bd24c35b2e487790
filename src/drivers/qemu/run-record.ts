/** The record of a machine's present or last run: written before each act, so that after a crash of the daemon it can be judged. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { StopCause } from "../../model/instance.ts";
import { isFull } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { Started } from "../driver.ts";

const Process = z.object({ pid: z.int().positive(), startTime: z.string() });
const accelerator = z.enum(["kvm", "hvf", "tcg"]);

/** Off, with its memory on disk. */
export const SuspendedRecord = z.object({
  phase: z.literal("suspended"),
  memoryBytes: z.int(),
  build: z.string(),
  accelerator,
  /** The process that saved it, until it has ended, and the host's boot that it belongs to. */
  process: Process.optional(),
  boot: z.string().optional(),
});
export type SuspendedRecord = z.infer<typeof SuspendedRecord>;

/** A freeze that is under way; one that is still on record when nobody works on the machine was interrupted. */
const Freezing = z.object({
  layer: z.string(),
  next: z.string(),
  /** Its memory is kept too, under this id. */
  memory: z.string().exactOptional(),
  /** The guest's file systems may stand still. */
  isQuiet: z.boolean().exactOptional(),
});
export type Freezing = z.infer<typeof Freezing>;

const LiveRecord = z.object({
  phase: z.literal("live"),
  /** The host's boot; another one now means that the process is gone. */
  boot: z.string(),
  /** The folder of its sockets; another one now means that this data directory is a copy, and the machine the original's. */
  runtime: z.string(),
  /** Whose process it is. */
  uid: z.int(),
  /** Absent between the record and the start. */
  process: Process.optional(),
  accelerator,
  cpu: z.string(),
  build: z.string(),
  /** Absent until QEMU has answered for the first time. */
  ssh: z.object({ host: z.string(), port: z.int() }).optional(),
  /** Of a guest on a tap of the host, where its SSH is; it has no forward then. */
  address: z.string().exactOptional(),
  /** Going off, and why: asked to by us, or powered off and paused already. */
  ending: StopCause.optional(),
  /** It loads this memory and has not run yet: what happens to it now, the memory is still good. */
  loading: SuspendedRecord.optional(),
  freezing: Freezing.exactOptional(),
});
export type LiveRecord = z.infer<typeof LiveRecord>;

export const RunRecord = z.discriminatedUnion("phase", [
  LiveRecord,
  SuspendedRecord,
  z.object({ phase: z.literal("ended"), cause: StopCause }),
]);
export type RunRecord = z.infer<typeof RunRecord>;

/** Never run, or the last run's record. Throws `record-damaged` for what cannot be read: that is not the same as none. */
export async function readRun(files: Files, path: string): Promise<RunRecord> {
  if ((await files.stat(path)) === undefined) return { phase: "ended", cause: "user" };
  return parseRecord(RunRecord, path, await files.read(path));
}

export async function writeRun<Kind extends RunRecord>(files: Files, path: string, record: Kind): Promise<Kind> {
  await files.writeAtomically(path, Buffer.from(JSON.stringify(record)), 0o600);
  return record;
}

/** Writes what makes a machine's end better explained, not possible: on a full disk it goes without. */
export async function noteRun(files: Files, path: string, record: RunRecord): Promise<void> {
  await writeRun(files, path, record).catch(unlessFull);
}

/** Nothing of a freeze is open any more. Of a machine that has ended there is nothing to forget. */
export async function forgetFreeze(files: Files, path: string): Promise<void> {
  const record = await readRun(files, path);
  if (record.phase !== "live" || record.freezing === undefined) return;
  const { freezing: _, ...rest } = record;
  await noteRun(files, path, rest);
}

/** Throws what is wrong, but for a disk without room: what frees room must not need any. */
export function unlessFull(error: unknown): undefined {
  if (!isFull(error)) throw error;
}

/** What a record says of a machine that has answered; undefined before that. */
export function startedOf({ ssh, accelerator, cpu, build }: LiveRecord, { pid }: ProcessIdentity): Started | undefined {
  return ssh && { ssh, accelerator, cpu, build, pid };
}

/** JSON of a small file by its schema; throws `record-damaged` naming the file. */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  bytes: Uint8Array,
): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (error) {
    throw new UserError("record-damaged", `the record ${path} cannot be read`, { cause: error });
  }
}
