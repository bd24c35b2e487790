/** Verifies a log from its files alone: no daemon, no lock, no change, also while a daemon writes. */
import { errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import { archiveDamage, type Evidence, noteArchive, readEvidence, witnessDamage } from "./evidence.ts";
import { faultDamage, openingDamage, readOpening, withFile } from "./joints.ts";
import type { Opening } from "./joints.ts";
import { hasType, hashOf, noHash, parseLine, timeOf } from "./line.ts";
import { type Archived, archivedBefore, readBase, treeOfLeaves } from "./archive/base.ts";
import { segmentLister } from "./archive/segments.ts";
import { emptyTree } from "./merkle.ts";
import type { Seal } from "../../model/seal.ts";
import type { Tree } from "./merkle.ts";
import { scanSegment } from "./scan.ts";
import type { Scan } from "./scan.ts";
import type { Segment } from "./segment.ts";
import type { Damage, VerifyReport } from "../../model/audit.ts";

export interface VerifyOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  /** An earlier seal that somebody kept: the log must begin with its records. */
  readonly kept?: Seal;
  /** Folders with segments that were moved aside: those that are there are read as well. */
  readonly archives?: readonly string[];
  /** Called after each segment with what is verified so far; the next one waits for it. */
  onProgress?(progress: {
    readonly events: number;
    readonly bytes: number;
    readonly segments: number;
  }): void | Promise<void>;
}

/** What is known behind a verified segment. */
interface Progress {
  readonly position: number;
  readonly hash: string;
  readonly tree: Tree;
  readonly log: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly segments: number;
  readonly bytes: number;
  readonly roots: number;
}

const archivedType = new TextEncoder().encode("log.archived");

const nothing = (): Progress => ({
  position: 0,
  hash: noHash,
  tree: emptyTree(),
  log: undefined,
  from: undefined,
  to: undefined,
  segments: 0,
  bytes: 0,
  roots: 0,
});

/** Reads every record once, in constant memory, until the first damage. Damage is in the answer; only what the caller may not
 *  read is thrown, as the operating system's error. */
export async function verifyLog(options: VerifyOptions): Promise<VerifyReport> {
  // Before the lines: a log that grows meanwhile can only hold more than these remember.
  const evidence = await readEvidence(options);
  const list = await segmentLister(options);
  const segmentAfter = async (first: number) => (await list()).find((segment) => segment.first > first);
  const { archived, progress: start } = await beginning(options, await segmentAfter(0), evidence);
  let progress = start;
  let outcome: Outcome = { progress };
  for (let segment = await segmentAfter(0); segment !== undefined;) {
    const next = await segmentAfter(segment.first);
    outcome = await verifySegment(options, segment, next, progress, evidence);
    if (outcome.damage !== undefined) break;
    const newest = await segmentAfter(segment.first);
    // A segment that got a successor while it was read is read again: only now is it complete.
    if (next === undefined && newest !== undefined) continue;
    progress = outcome.progress;
    await options.onProgress?.({ events: progress.position, bytes: progress.bytes, segments: progress.segments });
    segment = next;
  }
  return report(options, outcome, evidence, archived && { archived, ...placeOf(start) });
}

/** Where reading began, when that is not the first record. */
interface Begun {
  readonly archived: Archived;
  readonly position: number;
  readonly hash: string;
  readonly root: string;
}

const placeOf = ({ position, hash, tree }: Progress) => ({ position, hash, root: tree.head().root });

/** What is in front of the oldest segment that is read: nothing, or what was archived, of which the hashes are here. */
async function beginning(
  { files, directory }: VerifyOptions,
  oldest: Segment | undefined,
  { seals }: Evidence,
): Promise<{ readonly archived?: Archived; readonly progress: Progress }> {
  const base = await readBase(files, directory);
  const first = Math.min(oldest?.first ?? Number.MAX_SAFE_INTEGER, (base?.upTo ?? 0) + 1);
  const archived = archivedBefore(base, first);
  const tree = archived && (await treeOfLeaves(files, directory, archived.upTo, seals.onLeaf));
  if (base === undefined || archived === undefined || tree === undefined) return { progress: nothing() };
  // Where a crash kept some of them here, the first that is here says what it follows.
  const opening = oldest && archived.upTo < base.upTo ? await readOpening(files, oldest) : undefined;
  const hash = opening?.previous ?? base.hash;
  return { archived, progress: { ...nothing(), position: archived.upTo, hash, tree } };
}

interface Outcome {
  readonly progress: Progress;
  readonly damage?: Damage;
  readonly tail?: NonNullable<VerifyReport["tail"]>;
}

async function verifySegment(
  { files }: VerifyOptions,
  segment: Segment,
  next: Segment | undefined,
  before: Progress,
  evidence: Evidence,
): Promise<Outcome> {
  try {
    const opening = await readOpening(files, segment);
    const damage = startDamage(segment, opening, before);
    if (damage?.kind === "log-damaged" && next === undefined && !(await isAcknowledged(files, segment, evidence))) {
      const bytes = (await files.stat(segment.path))?.bytes ?? 0;
      return { progress: before, tail: { segment: segment.path, offset: 0, bytes } };
    }
    if (damage !== undefined) return { progress: before, damage };
    return await withFile(files, segment.path, async (file) => {
      const bytes = await file.size();
      const tree = before.tree.fork();
      const last: { bytes: Buffer; start: number } = { bytes: Buffer.alloc(0), start: 0 };
      const upTo = next === undefined ? undefined : next.first - 1;
      const scan = await scanSegment(file, {
        after: before,
        bytes,
        ...(upTo === undefined ? {} : { upTo }),
        onLine: (buffer, start, end) => {
          tree.append(buffer, start, end);
          [last.bytes, last.start] = [buffer, start];
          evidence.seals.onLine(buffer, start, end, tree);
          if (hasType(buffer, start, archivedType)) noteArchive(evidence, parseLine(buffer, start, end));
          for (const witness of evidence.witnesses) {
            if (witness.position === tree.size()) witness.holds = hashOf(buffer, end) === witness.hash;
          }
        },
      });
      const to = scan.position === before.position ? before.to : timeOf(last.bytes, last.start);
      const progress = advance(before, scan, tree, opening, to);
      return judge(segment, next, scan, bytes, progress, evidence);
    });
  } catch (cause) {
    if (errorCode(cause) === undefined || ["EACCES", "EPERM"].includes(errorCode(cause) ?? "")) throw cause;
    const what = `it cannot be read: ${errorCode(cause)}`;
    return {
      progress: before,
      damage: { kind: "log-damaged", what, segment: segment.path, offset: 0, position: segment.first },
    };
  }
}

/** Does anything say that the segment's first record was durable: what is noted beside the log, or a record behind it? */
async function isAcknowledged(files: Files, segment: Segment, { newest }: Evidence): Promise<boolean> {
  if (segment.first <= newest) return true;
  const { durable } = await withFile(files, segment.path, async (file) =>
    scanSegment(file, { after: { position: segment.first - 1, hash: noHash }, bytes: await file.size() }),
  );
  return segment.first <= durable;
}

/** Does the first line fit its file, the log and everything read before, down to the Merkle root? */
function startDamage(segment: Segment, opening: Opening | undefined, before: Progress): Damage | undefined {
  const place = { segment: segment.path, offset: 0, position: segment.first };
  if (segment.first > before.position + 1) {
    const what = `the records ${before.position + 1} to ${segment.first - 1} are missing`;
    return { ...place, kind: "log-incomplete", what, position: before.position + 1 };
  }
  const damage = openingDamage(segment, opening, before.log);
  if (damage !== undefined) return damage;
  if (opening?.previous !== before.hash)
    return { ...place, kind: "log-chain-broken", what: "a segment does not follow the one before" };
  const isRootRight = opening.data?.tree.root === before.tree.head().root;
  return isRootRight
    ? undefined
    : { ...place, kind: "log-chain-broken", what: "a segment's Merkle root is not that of the records before" };
}

function advance(
  before: Progress,
  scan: Scan,
  tree: Tree,
  opening: Opening | undefined,
  to: string | undefined,
): Progress {
  return {
    position: scan.position,
    hash: scan.hash,
    tree,
    log: before.log ?? opening?.data?.log,
    from: before.from ?? opening?.time,
    to,
    segments: before.segments + 1,
    bytes: before.bytes + scan.offset,
    roots: before.roots + 1,
  };
}

function judge(
  segment: Segment,
  next: Segment | undefined,
  scan: Scan,
  bytes: number,
  progress: Progress,
  { newest }: Evidence,
): Outcome {
  const place = { segment: segment.path, offset: scan.offset, position: scan.position + 1 };
  const tail = { segment: segment.path, offset: scan.offset, bytes: bytes - scan.offset };
  const isProved = scan.position < Math.max(scan.durable, newest);
  if (next !== undefined && scan.position < next.first - 1) {
    const what = `the records ${scan.position + 1} to ${next.first - 1} are missing`;
    return {
      progress,
      damage: scan.fault === undefined ? { ...place, kind: "log-incomplete", what } : faultDamage(scan, place),
    };
  }
  if (next !== undefined) return { progress };
  if (scan.fault === "gap" || scan.fault === "mismatch") return { progress, damage: faultDamage(scan, place) };
  if (tail.bytes === 0) return { progress };
  return isProved ? { progress, damage: faultDamage(scan, place) } : { progress, tail };
}

function report(
  { directory }: VerifyOptions,
  { progress, damage, tail }: Outcome,
  evidence: Evidence,
  begun: Begun | undefined,
): VerifyReport {
  const { position, hash, tree, log, from, to, segments, bytes, roots } = progress;
  const { seals } = evidence;
  const sealed = seals.finish(position, damage);
  const witnesses = evidence.witnesses.filter((witness) => witness.position > (begun?.archived.upTo ?? 0));
  const missing = begun && archiveDamage(directory, begun, evidence.archives);
  const found = damage ?? missing ?? sealed.damage ?? witnessDamage(directory, position, witnesses);
  return {
    isIntact: found === undefined,
    ...(log === undefined ? {} : { log }),
    events: position,
    hash,
    ...(begun && { archived: begun.archived }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    segments,
    bytes,
    roots,
    root: tree.head().root,
    witnesses,
    seals: sealed.report,
    ...(found === undefined ? {} : { damage: found }),
    ...(tail === undefined ? {} : { tail }),
  };
}
