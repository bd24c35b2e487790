/** Checkpoints: live state at a position, so that a start need not fold the whole log; always safe to delete. */
import { z } from "zod";
import { assert, type UserError } from "../../errors.ts";
import { sha256Hex } from "../../sys/hash.ts";
import type { Files } from "../../sys/files.ts";
import type { ReadQuery } from "./reader.ts";
import type { Recorded } from "../envelope.ts";
import { archivedStatePath, checkpointDirectory } from "./segment.ts";
import { isArchived, isFinding } from "./verdict.ts";

const checkpointFormat = 1;
/** One in use and one in case it turns out to be unreadable. */
const checkpointsKept = 2;

const Header = z.object({
  format: z.literal(checkpointFormat),
  position: z.int(),
  /** Hash of the record at `position`. */
  hash: z.string(),
  /** Version of each projection in the state. */
  versions: z.record(z.string(), z.int()),
  /** Of the second line: the state as JSON. */
  sha256: z.string(),
});

export interface Checkpoint {
  readonly position: number;
  readonly versions: Record<string, number>;
  /** Anything that JSON can hold. */
  readonly state: unknown;
}

/** The log that a checkpoint belongs to. */
export interface ReadableLog {
  read(query: ReadQuery): AsyncIterable<Recorded>;
  mode(): { readonly kind: "writable" | "read-only" };
}

export interface CheckpointOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  readonly log: ReadableLog;
}

const nameOf = (position: number): string => `${String(position).padStart(12, "0")}.json`;

/** Positions of the checkpoints on disk, newest first. */
export async function listCheckpoints(files: Files, directory: string): Promise<number[]> {
  const folder = checkpointDirectory(directory);
  if ((await files.stat(folder)) === undefined) return [];
  const names = (await files.list(folder)).filter((name) => /^\d{12}\.json$/.test(name));
  return names.map((name) => Number.parseInt(name, 10)).sort((a, b) => b - a);
}

/** Writes a checkpoint of a durable position and removes the older ones but one. Throws what the disk throws. */
export async function saveCheckpoint(options: CheckpointOptions, checkpoint: Checkpoint): Promise<void> {
  const { files } = options;
  const folder = checkpointDirectory(options.directory);
  const { position, versions } = checkpoint;
  // Now, not after a pause: the caller's state may move on.
  const state = JSON.stringify(checkpoint.state);
  const hash = await hashAt(options.log, position);
  assert(hash !== undefined, `a checkpoint is of a durable position, not ${position}`);
  const header = JSON.stringify({
    format: checkpointFormat,
    position,
    hash,
    versions,
    sha256: sha256Hex(Buffer.from(state)),
  });
  await files.makeDirectory(folder, 0o700);
  await files.writeAtomically(`${folder}/${nameOf(position)}`, Buffer.from(`${header}\n${state}\n`), 0o600);
  const older = (await listCheckpoints(options.files, options.directory)).slice(checkpointsKept);
  for (const each of older) await files.remove(`${folder}/${nameOf(each)}`);
}

/**
 * The newest checkpoint up to a position with exactly these versions that is whole and fits the log; undefined when there is
 * none. With a `finding` its record in the log is damaged: nothing may be added to that log.
 */
export async function loadCheckpoint(
  options: CheckpointOptions,
  versions: Record<string, number>,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<(Checkpoint & { readonly finding?: UserError }) | undefined> {
  const { files, directory } = options;
  const known = (await listCheckpoints(files, directory)).filter((position) => position <= upTo);
  for (const path of [...known.map((position) => placeOf(directory, position)), archivedStatePath(directory)]) {
    const checkpoint = await readCheckpoint(files, path);
    if (checkpoint !== undefined && checkpoint.position <= upTo && sameVersions(checkpoint.versions, versions)) {
      const { position, versions: own, hash, state } = checkpoint;
      const proof = await compare(options.log, position, hash);
      if (proof !== false) return { position, versions: own, state: JSON.parse(state.toString()) as unknown, ...proof };
    }
  }
  return undefined;
}

/** Keeps the newest checkpoint besides, for good: what is in front of it is about to be archived. Answers its position. */
export async function keepForArchive(files: Files, directory: string): Promise<number | undefined> {
  const [newest] = await listCheckpoints(files, directory);
  if (newest === undefined) return undefined;
  const path = placeOf(directory, newest);
  if ((await readCheckpoint(files, path)) === undefined) return undefined;
  await files.writeAtomically(archivedStatePath(directory), await files.read(path), 0o600);
  return newest;
}

const placeOf = (directory: string, position: number): string =>
  `${checkpointDirectory(directory)}/${nameOf(position)}`;

async function readCheckpoint(files: Files, path: string) {
  try {
    const bytes = Buffer.from(await files.read(path));
    const end = bytes.indexOf("\n");
    const header = Header.parse(JSON.parse(bytes.subarray(0, end).toString()));
    const state = bytes.subarray(end + 1, -1);
    const isRight = path.endsWith(`/${nameOf(header.position)}`) || !path.endsWith(".json");
    if (!isRight || header.sha256 !== sha256Hex(state)) return undefined;
    return { position: header.position, hash: header.hash, versions: header.versions, state };
  } catch {
    // A cache that cannot be read is no cache; the log itself answers.
    return undefined;
  }
}

/** Where the whole checkpoints on disk say the log was, and with which hash. */
export async function checkpointMarks(files: Files, directory: string): Promise<{ position: number; hash: string }[]> {
  const positions = await listCheckpoints(files, directory);
  const checkpoints = await Promise.all(
    positions.map((position) => readCheckpoint(files, placeOf(directory, position))),
  );
  return checkpoints.flatMap((checkpoint) =>
    checkpoint ? [{ position: checkpoint.position, hash: checkpoint.hash }] : [],
  );
}

function sameVersions(one: Record<string, number>, other: Record<string, number>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/**
 * Is it of this log? Where the log is damaged that cannot be told, and then it is the best that is known: nothing is added to
 * such a log, and what cannot be read must not look like nothing.
 */
async function compare(log: ReadableLog, position: number, hash: string): Promise<false | { finding?: UserError }> {
  try {
    const found = await hashAt(log, position);
    return found === hash || (found === undefined && log.mode().kind === "read-only") ? {} : false;
  } catch (error) {
    if (isFinding(error)) return { finding: error };
    // It is of a record that was archived, and older than what is left.
    if (isArchived(error)) return false;
    throw error;
  }
}

async function hashAt(log: ReadableLog, position: number): Promise<string | undefined> {
  for await (const record of log.read({ after: position - 1, upTo: position })) return record.hash;
  return undefined;
}
