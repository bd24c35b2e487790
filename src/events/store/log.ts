/** The event log as the daemon sees it, and how it is opened: lock, look, repair what a crash tore, never take unreadable for empty. */
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { Ids } from "../../sys/ids.ts";
import { lockDirectory } from "../../sys/lock.ts";
import type { DirectoryLock } from "../../sys/lock.ts";
import type { Batch, Recorded } from "../envelope.ts";
import type { Archived } from "./archive/base.ts";
import { inspectLog } from "./inspect.ts";
import type { Inspection } from "./inspect.ts";
import type { Seal } from "../../model/seal.ts";
import { readOnlyLog } from "./read-only.ts";
import type { ReadQuery } from "./reader.ts";
import type { Repair } from "./repair/repair.ts";
import { logDirectory } from "./segment.ts";
import { damageError, storageError, unreadableError } from "./verdict.ts";
import { openWritable } from "./writable.ts";

export type LogMode = { readonly kind: "writable" } | { readonly kind: "read-only"; readonly error: UserError };

export interface EventLog {
  /** Random, in every `log.segment`; `unknown` when not even the first line can be read. */
  readonly id: string;
  /** The data directory. */
  readonly directory: string;
  mode(): LogMode;
  /** Newest position handed out. */
  position(): number;
  /** Newest position on stable storage. */
  durable(): number;
  /** Synchronous: `recorded` may be folded at once. `durable` settles after the sync, and rejects with `storage-unavailable`.
   *  @throws UserError `storage-busy` when too much waits for the disk; the mode's error when the log is read-only. */
  append(batch: Batch): { readonly recorded: readonly Recorded[]; readonly durable: Promise<void> };
  /** Resolves when everything up to a position that was handed out is durable; rejects when it never will be. */
  whenDurable(position: number): Promise<void>;
  /** The records that were moved aside and where they are; undefined: all are here. */
  archived(): Archived | undefined;
  /** Durable records in order, in constant memory. Of a damaged log the readable prefix; damage that is found only
   *  while reading makes the log read-only and throws its error. Reading on from a place that was archived throws
   *  `log-archived`; in reverse, or by stream or operation, it gives what is here. */
  read(query: ReadQuery): AsyncIterable<Recorded>;
  /** The same, some at a time: for who reads a million. */
  readGroups(query: ReadQuery): AsyncIterable<readonly Recorded[]>;
  /** Newest durable position at or before a time (ISO 8601 in UTC with milliseconds); 0 when all are later. Throws `log-archived`. */
  positionAt(time: string): Promise<number>;
  /** Calls with records once they are durable, in order; `log.*` records included. The answer ends it. */
  subscribe(listener: (records: readonly Recorded[]) => void): () => void;
  /** Calls when queued records were dropped (the write failed for good) or have new positions (moved to a new segment):
   *  a fold must then be built again from `read` up to `durable()` and from `queued()`, both asked for in this call. */
  onRewound(listener: () => void): () => void;
  /** Records that are handed out and not yet durable. */
  queued(): readonly Recorded[];
  /** Refuses further appends for a reason the caller found. */
  makeReadOnly(error: UserError): void;
  /** The newest seal; undefined when there is none yet. */
  seal(): Seal | undefined;
  /** The key that seals are verified with (C2SP's text form). */
  sealKey(): string | undefined;
  /** Signs what is durable now. Undefined when this log is not sealed; rejects with why it cannot be. */
  sealNow(): Promise<Seal | undefined>;
  /** Calls with each new seal once it is on stable storage. The answer ends it. */
  onSealed(listener: (seal: Seal) => void): () => void;
  /** Waits for what is queued, writes the head, gives back reserved blocks and the lock. */
  close(): Promise<void>;
}

export interface LogOptions {
  /** The data directory; made when it is missing. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Heads are signed, with a key of the data directory that is made when there is none. */
  readonly isSealed?: boolean;
  /** Smaller segments, for tests. */
  readonly segmentBytes?: number;
}

export interface OpenedLog {
  readonly log: EventLog;
  /** What a crash left half-written: cut, copied to quarantine, recorded as `log.repaired`. */
  readonly repaired?: readonly Repair[];
  /** Why heads are not signed although they should be. */
  readonly unsealed?: unknown;
}

/**
 * Takes the directory's lock, checks the newest segment and the joints of all others, repairs a torn end, and opens.
 * Damage does not throw: the log is then read-only. A whole verification is `verifyLog` (audit.ts).
 * @throws UserError `daemon-running`, `storage-unavailable` when the directory cannot be made, `log-unreadable` when the disk
 * does not let it be looked at.
 */
export async function openLog(options: LogOptions): Promise<OpenedLog> {
  const { directory, files } = options;
  const lock = await lockedDirectory(files, directory);
  const { inspection, error } = await inspect(files, directory).catch(async (cause: unknown) => {
    await lock.release().catch(() => undefined);
    throw cause;
  });
  const readOnly = (reason: UserError): OpenedLog => ({
    log: readOnlyLog({ directory, files, inspection, lock }, reason),
  });
  if (error !== undefined) return readOnly(error);
  try {
    return await openWritable(options, inspection, lock);
  } catch (cause) {
    if (cause instanceof UserError) return readOnly(cause);
    if (errorCode(cause) === undefined) throw cause;
    const space = await files.space(directory).catch(() => undefined);
    return readOnly(storageError(logDirectory(directory), cause, space?.freeBytes));
  }
}

async function lockedDirectory(files: Files, directory: string): Promise<DirectoryLock> {
  try {
    await files.makeDirectory(logDirectory(directory), 0o700);
    return await lockDirectory(files, directory);
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw storageError(directory, cause, undefined);
  }
}

/** Throws `log-unreadable`: with nothing read there is nothing to answer, and nothing would look like an empty log. */
async function inspect(files: Files, directory: string): Promise<{ inspection: Inspection; error?: UserError }> {
  try {
    const inspection = await inspectLog(files, directory);
    return inspection.damage === undefined ? { inspection } : { inspection, error: damageError(inspection.damage) };
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw unreadableError(logDirectory(directory), cause);
  }
}
