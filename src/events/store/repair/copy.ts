/** A copy of the log that somebody names: read line by line, its own chain checked, and only what is missing here kept. */
import { exitCodes, UserError } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import { visitLines } from "../chunks.ts";
import { withFile } from "../joints.ts";
import { hashOf, isIntact, positionOf, previousOf } from "../line.ts";

/** One intact line, with its newline. */
export interface Line {
  readonly position: number;
  readonly hash: string;
  readonly previous: string;
  readonly bytes: Uint8Array;
  readonly isCopied: boolean;
}

/** Kept in memory at most; far more than what a few rotten blocks take. */
const missingBytesMax = 256 << 20;

export interface CopyOptions {
  /** The last record here that is in no doubt. */
  readonly after: { readonly position: number; readonly hash: string };
  /** Does what is left here agree that this is the record at a position? */
  isOurs(position: number, hash: string): boolean;
  /** Less than what is usually kept, for tests. */
  readonly missingBytes?: number;
}

/**
 * The copy's lines behind `after`, by position. Throws `copy-not-found`, `copy-other` when it tells another history than what
 * is left here, `copy-unfit` when it is itself damaged in front of what is needed.
 */
export async function readCopy(
  files: Files,
  from: string,
  { after, isOurs, missingBytes = missingBytesMax }: CopyOptions,
): Promise<ReadonlyMap<number, Line>> {
  const lines = new Map<number, Line>();
  let previous: string | undefined;
  let position = -1;
  let bytesKept = 0;
  const take = (bytes: Buffer, start: number, end: number): boolean => {
    const isNext = position < 0 || (positionOf(bytes, start) === position + 1 && previousOf(bytes, end) === previous);
    if (!isIntact(bytes, start, end) || !isNext) return false;
    [position, previous] = [positionOf(bytes, start), hashOf(bytes, end)];
    const isSame = position === after.position ? previous === after.hash : isOurs(position, previous);
    if (!isSame) throw other(from, position);
    if (position <= after.position) return true;
    const line = lineOf(bytes, start, end, true);
    bytesKept += line.bytes.length;
    if (bytesKept > missingBytes) throw unfit(from, `more than ${missingBytes >> 20} MiB would have to be put back`);
    lines.set(position, line);
    return true;
  };
  for (const path of await filesOf(files, from)) {
    const isWhole = await withFile(files, path, async (file) => visitLines(file, 0, await file.size(), take));
    // What is in front of its own damage still counts.
    if (!isWhole.isDone) break;
  }
  if (position < 0) throw unfit(from, "it holds no whole record");
  return lines;
}

/** The files of a copy in order: of a data directory, of a folder with segments, or a file itself. */
async function filesOf(files: Files, from: string): Promise<string[]> {
  const status = await files.stat(from);
  if (status === undefined) throw notFound(from);
  if (status.kind === "file") return [from];
  const folder = (await files.stat(`${from}/log`))?.kind === "directory" ? `${from}/log` : from;
  const names = (await files.list(folder)).filter((name) => /^\d{12}\.jsonl$/.test(name));
  if (names.length === 0) throw notFound(from);
  return names.map((name) => `${folder}/${name}`);
}

function notFound(from: string): UserError {
  return new UserError("copy-not-found", `there is no event log at ${from}`, {
    exit: exitCodes.usage,
    hints: [["form", "a data directory, a folder with segments, or a file that strata audit cat wrote"]],
  });
}

function other(from: string, position: number): UserError {
  return new UserError("copy-other", `${from} tells another history: its record ${position} is not the one here`, {
    exit: exitCodes.log,
    hints: [["why", "a copy of another log, or one that was changed; nothing was touched"]],
  });
}

/** `end`: where the line's newline is. */
export function lineOf(bytes: Buffer, start: number, end: number, isCopied: boolean): Line {
  return {
    position: positionOf(bytes, start),
    hash: hashOf(bytes, end),
    previous: previousOf(bytes, end),
    bytes: Uint8Array.prototype.slice.call(bytes, start, end + 1),
    isCopied,
  };
}

export function unfit(from: string, why: string): UserError {
  return new UserError("copy-unfit", `${from} cannot repair the log: ${why}`, {
    exit: exitCodes.log,
    hints: [
      ["why", "a record is put back only when the hashes around it prove that it is the one that was lost"],
      ["next", "strata audit verify"],
    ],
  });
}
