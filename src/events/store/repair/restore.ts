/** Puts acknowledged records back that a disk lost: only from a copy whose every hash agrees with what is left here. */
import { exitCodes, UserError } from "../../../errors.ts";
import type { Damage, RestorePlan } from "../../../model/audit.ts";
import { sha256Hex } from "../../../sys/hash.ts";
import type { Files } from "../../../sys/files.ts";
import { verifyLog } from "../audit.ts";
import { lineOf, readCopy, unfit } from "./copy.ts";
import type { Line } from "./copy.ts";
import { visitLines } from "../chunks.ts";
import { withFile } from "../joints.ts";
import { isIntact, parseLine, positionOf } from "../line.ts";
import { indexPath, listSegments, logDirectory, quarantineDirectory, sealedMode, segmentAt } from "../segment.ts";
import { segmentName } from "../segment.ts";
import type { Segment } from "../segment.ts";

export interface RestoreOptions {
  /** The data directory; its lock is held by the caller. */
  readonly directory: string;
  readonly files: Files;
  /** A data directory, a folder with segments, or an exported log. */
  readonly from: string;
}

/** A segment as it is to be. */
export interface Restored {
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  readonly isSealed: boolean;
}

export interface Restoration {
  readonly plan: RestorePlan;
  readonly segments: readonly Restored[];
}

/** What would be put back. Changes nothing. Throws `log-intact`, `log-not-repairable`, `copy-other`, `copy-unfit`, or what `readCopy` throws. */
export async function planRestore(options: RestoreOptions): Promise<Restoration> {
  const { directory, files, from } = options;
  const report = await verifyLog({ directory, files });
  const { damage } = report;
  if (damage === undefined)
    throw new UserError("log-intact", `the event log in ${directory} is whole: there is nothing to repair`, {
      hints: [["next", "strata audit verify"]],
    });
  if (damage.kind === "log-newer" || damage.kind === "log-chain-broken") throw notRepairable(damage);
  // Everything in front of the damage has been verified just now, and is not touched.
  const good = { position: report.events, hash: report.hash };
  const own = await readOwn(files, directory, good.position);
  const missing = await readCopy(files, from, { after: good, isOurs: (position, hash) => own.fits(position, hash) });
  const lines = joined(good, own.lines, missing);
  const end = lines.at(-1) ?? { position: good.position, hash: good.hash };
  for (const witness of report.witnesses) {
    const found = witness.position <= good.position ? witness.holds : hasAt(lines, witness);
    if (!found) throw unfit(from, `it does not hold the record ${witness.position} that the ${witness.kind} names`);
  }
  const put = lines.filter(({ isCopied }) => isCopied).map(({ position }) => position);
  if (put.length === 0 || own.last > end.position)
    throw unfit(from, `behind position ${end.position}, it does not lead to what is left here`);
  const segments = await changed(files, await composed(options, lines));
  return {
    plan: {
      from,
      damage,
      records: put.length,
      first: put[0] ?? 0,
      last: put.at(-1) ?? 0,
      segments: segments.map(({ segment }) => segmentName(segment.first)),
      end: end.position,
    },
    segments,
  };
}

const hasAt = (lines: readonly Line[], { position, hash }: { position: number; hash: string }): boolean =>
  lines.some((line) => line.position === position && line.hash === hash);

/** The intact lines behind a position, from every segment that is left. */
async function readOwn(files: Files, directory: string, after: number) {
  const lines = new Map<number, Line>();
  for (const { path } of await listSegments(files, directory)) {
    await withFile(files, path, async (file) =>
      visitLines(file, 0, await file.size(), (bytes, start, end) => {
        if (isIntact(bytes, start, end) && positionOf(bytes, start) > after) note(bytes, start, end);
        return true;
      }),
    );
  }
  function note(bytes: Buffer, start: number, end: number): void {
    const position = positionOf(bytes, start);
    const line = lineOf(bytes, start, end, false);
    lines.set(position, line);
  }
  const fits = (position: number, hash: string): boolean => {
    const line = lines.get(position);
    return line === undefined || line.hash === hash;
  };
  return { lines, fits, last: Math.max(0, ...lines.keys()) };
}

/** Each next record from here, else from the copy, for as long as the chain goes on. */
function joined(
  good: { position: number; hash: string },
  own: ReadonlyMap<number, Line>,
  missing: ReadonlyMap<number, Line>,
): Line[] {
  const lines: Line[] = [];
  for (let { position, hash } = good; ;) {
    const next = [own.get(position + 1), missing.get(position + 1)].find((line) => line?.previous === hash);
    if (next === undefined) return lines;
    lines.push(next);
    ({ position, hash } = next);
  }
}

/** The files that hold these lines, as they are to be: the one in which the damage begins keeps what is in front of it. */
async function composed({ directory, files }: RestoreOptions, lines: readonly Line[]): Promise<Restored[]> {
  const segments: { segment: Segment; parts: Uint8Array[] }[] = [];
  const [first] = lines;
  const opensFirst = first !== undefined && isOpening(first);
  if (first !== undefined && !opensFirst) segments.push(await kept(files, directory, first.position));
  for (const line of lines) {
    if (isOpening(line)) segments.push({ segment: segmentAt(directory, line.position), parts: [] });
    segments.at(-1)?.parts.push(line.bytes);
  }
  return segments.map(({ segment, parts }, at) => ({
    segment,
    bytes: Buffer.concat(parts),
    isSealed: at < segments.length - 1,
  }));
}

/** Without the files that are already as they are to be. */
async function changed(files: Files, segments: readonly Restored[]): Promise<Restored[]> {
  const kept: Restored[] = [];
  for (const each of segments) {
    const isThere = (await files.stat(each.segment.path)) !== undefined;
    if (!isThere || Buffer.compare(await files.read(each.segment.path), each.bytes) !== 0) kept.push(each);
  }
  return kept;
}

const isOpening = ({ bytes }: Line): boolean =>
  parseLine(Buffer.from(bytes), 0, bytes.length - 1).type === "log.segment";

/** The segment that a position belongs to, with its lines in front of that. */
async function kept(files: Files, directory: string, position: number) {
  const segment = (await listSegments(files, directory)).findLast(({ first }) => first < position);
  if (segment === undefined) throw new UserError("log-incomplete", `no segment holds position ${position - 1}`);
  const parts: Uint8Array[] = [];
  await withFile(files, segment.path, async (file) =>
    visitLines(file, 0, await file.size(), (bytes, start, end) => {
      if (positionOf(bytes, start) >= position || !isIntact(bytes, start, end)) return false;
      parts.push(lineOf(bytes, start, end, false).bytes);
      return true;
    }),
  );
  return { segment, parts };
}

/** What a file was before, in quarantine. */
export interface Replaced {
  readonly segment: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Relative to the data directory; absent for a segment that was missing. */
  readonly copy?: string;
}

/** Copies each file as it is now to quarantine; changes nothing else. */
export async function keepOld(options: RestoreOptions, segments: readonly Restored[]): Promise<Replaced[]> {
  const { files } = options;
  const replaced: Replaced[] = [];
  for (const { segment } of segments) {
    const isThere = (await files.stat(segment.path)) !== undefined;
    const old = isThere ? await files.read(segment.path) : new Uint8Array();
    replaced.push(await setAsideCopy(options, segment, old, isThere));
  }
  return replaced;
}

/** Does it, file by file. Doing it again after a crash goes on where it stopped. */
export async function restore({ directory, files }: RestoreOptions, segments: readonly Restored[]): Promise<void> {
  for (const { segment, bytes, isSealed } of segments) {
    await files.writeAtomically(segment.path, bytes, isSealed ? sealedMode : 0o600);
    if ((await files.stat(indexPath(segment))) !== undefined) await files.remove(indexPath(segment));
  }
  await files.syncDirectory(logDirectory(directory));
}

async function setAsideCopy(
  { directory, files }: RestoreOptions,
  segment: Segment,
  old: Uint8Array,
  isThere: boolean,
): Promise<Replaced> {
  const sha256 = sha256Hex(old);
  const about = { segment: segmentName(segment.first), bytes: old.length, sha256 };
  if (!isThere) return about;
  const copy = `${quarantineDirectory}/${about.segment}.${sha256.slice(0, 12)}.damaged`;
  await files.makeDirectory(`${directory}/${quarantineDirectory}`, 0o700);
  await files.writeAtomically(`${directory}/${copy}`, old, 0o400);
  return { ...about, copy };
}

function notRepairable({ kind, what, position }: Damage): UserError {
  return new UserError("log-not-repairable", `what is wrong is no loss that a copy can make good: ${what} [${kind}]`, {
    exit: exitCodes.log,
    hints: [
      ["why", `the records from position ${position} on are readable, and say something else`],
      ["next", "strata audit verify"],
    ],
  });
}
