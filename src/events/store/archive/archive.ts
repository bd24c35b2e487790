/**
 * `strata audit archive`: while no daemon runs, moves the oldest segments aside. Each step is whole before the next begins: the copies
 * are written, synced and read back; what is known of them is kept; the log says so; only then are they removed, the oldest first.
 * Whatever a crash leaves, doing it again goes on.
 */
import { UserError, exitCodes } from "../../../errors.ts";
import type { ArchiveReport } from "../../../model/audit.ts";
import type { Clock } from "../../../sys/clock.ts";
import { errorCode } from "../../../sys/files.ts";
import type { Files } from "../../../sys/files.ts";
import type { Ids } from "../../../sys/ids.ts";
import { lockDirectory } from "../../../sys/lock.ts";
import type { Actor } from "../../envelope.ts";
import { verifyLog } from "../audit.ts";
import { keepForArchive } from "../checkpoint.ts";
import { type EventLog, openLog } from "../log.ts";
import { indexPath, leavesPath, logDirectory, sealKeyPath, segmentName } from "../segment.ts";
import { damageError } from "../verdict.ts";
import { readBase, writeBase } from "./base.ts";
import { copySegments } from "./copy.ts";
import { archivedData } from "./event.ts";
import { type Choice, chooseSegments, type Moved, remember } from "./plan.ts";

export interface ArchiveOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly by: Actor;
  /** The folder that takes the segments, made when it is missing; absolute. */
  readonly target: string;
  readonly choice: Choice;
  /** Saves a checkpoint of the newest position, and says from which position on somebody still has to read the log. */
  prepare(log: EventLog): Promise<{ readonly neededAfter?: number }>;
}

/**
 * Throws `daemon-running`, the log's own error when it is not whole, `archive-misplaced`, `archive-other` (the folder holds other
 * events), `archive-unwritable`, `archive-held` (they are still to be sent on) or `checkpoint-missing`; then nothing was removed.
 */
export async function archiveLog(options: ArchiveOptions): Promise<ArchiveReport> {
  const { directory, files, clock, ids, target } = options;
  if (`${target}/`.startsWith(`${directory}/`)) throw misplaced(target, directory);
  // Where heads are signed, so is the one that tells of the archive.
  const isSealed = (await files.stat(sealKeyPath(directory))) !== undefined;
  const { log } = await openLog({ directory, files, clock, ids, isSealed });
  let moved: Moved | undefined;
  try {
    moved = await secure(options, log);
  } finally {
    await log.close();
  }
  if (moved === undefined) return { place: target, events: 0, segments: 0, bytes: 0, isRemoved: true };
  const { from, to, segments, bytes } = moved;
  const isRemoved = await remove(options, moved);
  return { place: target, from, to, events: to - from + 1, segments: segments.length, bytes, isRemoved };
}

/** Everything but the removal. */
async function secure(options: ArchiveOptions, log: EventLog): Promise<Moved | undefined> {
  const { directory, files, target, choice } = options;
  const mode = log.mode();
  if (mode.kind === "read-only") throw mode.error;
  const { damage } = await verifyLog({ directory, files });
  if (damage !== undefined) throw damageError(damage);
  const moved = await chooseSegments(files, directory, choice);
  if (moved === undefined) return undefined;
  const { neededAfter = moved.to } = await options.prepare(log);
  if (neededAfter < moved.to) throw held(neededAfter, moved.to);
  const state = await keepForArchive(files, directory);
  if (state === undefined || state <= moved.to) throw withoutState(moved.to);
  await copySegments(files, target, moved);
  await note(options, log, moved);
  return moved;
}

/** Keeps what is known of the records, records the archive, and lets the log begin behind it. */
async function note(options: ArchiveOptions, log: EventLog, moved: Moved): Promise<void> {
  const { directory, files, ids, by, target } = options;
  const { from, to, hash, root, bytes, segments } = moved;
  const base = await readBase(files, directory);
  const { leaves, revisions, ...told } = await remember(files, directory, base, moved);
  // One that a crash cut short has all of it already, and some of its segments may be gone.
  const isNoted = from > 1 && base !== undefined && base.upTo >= to;
  if (!isNoted) await files.writeAtomically(leavesPath(directory), leaves, 0o600);
  const data = { from, to, hash, root, place: target, segments: segments.length, bytes, ...told };
  if (!(await isTold(log, to, target))) {
    const event = { type: "log.archived", version: 1, stream: `log/${log.id}`, data };
    await log.append({ events: [event], command: ids.next(), by }).durable;
  }
  if (isNoted) return;
  const earlier = base?.archives.filter((archive) => archive.to < from) ?? [];
  await writeBase(files, directory, { upTo: to, hash, archives: [...earlier, { from, to, place: target }], revisions });
}

async function isTold(log: EventLog, to: number, place: string): Promise<boolean> {
  for await (const record of log.read({ stream: `log/${log.id}`, reverse: true })) {
    const data = archivedData(record);
    if (data?.to === to && data.place === place) return true;
  }
  return false;
}

/** Each name is gone for good before the next goes: what is left always joins on. False: a daemon was quicker, and reads them. */
async function remove({ directory, files }: ArchiveOptions, { segments }: Moved): Promise<boolean> {
  const lock = await lockDirectory(files, directory).catch((error: unknown) => {
    if (error instanceof UserError) return undefined;
    throw error;
  });
  if (lock === undefined) return false;
  try {
    for (const segment of segments) {
      if ((await files.stat(indexPath(segment))) !== undefined) await files.remove(indexPath(segment));
      await files.remove(segment.path);
      await files.syncDirectory(logDirectory(directory));
    }
  } finally {
    await lock.release();
  }
  return true;
}

const misplaced = (target: string, directory: string) =>
  new UserError("archive-misplaced", `${target} lies in the data directory itself`, {
    exit: exitCodes.usage,
    hints: [["form", `a folder outside of ${directory}`]],
  });

const held = (neededAfter: number, to: number) =>
  new UserError("archive-held", `the events ${neededAfter + 1} to ${to} were not sent on yet`, {
    hints: [
      ["why", "audit.sink sends each event away, and has not got there"],
      ["next", "strata daemon status"],
    ],
  });

const withoutState = (to: number) =>
  new UserError(
    "checkpoint-missing",
    `there is no checkpoint behind event ${to}: without it nothing could be answered`,
    {
      hints: [["next", "strata audit verify"]],
    },
  );

/** What the disk said of the folder. */
export const unwritable = (target: string, cause: unknown) =>
  new UserError("archive-unwritable", `${target} cannot be written: ${errorCode(cause) ?? String(cause)}`, {
    cause,
    hints: [["why", "nothing was removed from the log"]],
  });

export const other = (target: string, first: number) =>
  new UserError("archive-other", `${target} already holds another ${segmentName(first)}`, {
    hints: [["next", "name another folder; nothing was removed from the log"]],
  });
