/** Looks at a log before it is opened and decides, without changing anything: sound, torn at the end, or damaged. */
import type { Files } from "../../sys/files.ts";
import type { Recorded } from "../envelope.ts";
import { archivedBefore, type Base, readBase } from "./archive/base.ts";
import type { Mark } from "./chain.ts";
import { listCheckpoints } from "./checkpoint.ts";
import { readHead } from "./head.ts";
import type { Head } from "./head.ts";
import { createIndexBuilder } from "./index.ts";
import type { IndexBuilder } from "./index.ts";
import { checkJoint, faultDamage, openingDamage, readOpening, withFile } from "./joints.ts";
import type { Leftover, Opening } from "./joints.ts";
import { noHash, parseLine } from "./line.ts";
import { emptyTree, treeFrom } from "./merkle.ts";
import type { Tree } from "./merkle.ts";
import { scanSegment } from "./scan.ts";
import type { Scan } from "./scan.ts";
import { listSegments } from "./segment.ts";
import type { Segment } from "./segment.ts";
import type { Seal } from "../../model/seal.ts";
import { newestSeal, readPublicKey } from "./seals/sealer.ts";
import type { Damage } from "../../model/audit.ts";

/** The last readable segment. */
export interface LastSegment {
  readonly segment: Segment;
  readonly index: IndexBuilder;
  /** Where its whole batches end, and how large the file is. */
  readonly bytes: number;
  readonly fileBytes: number;
  /** Where the records begin that nothing on disk proves durable. */
  readonly unprovedFrom: number;
}

export interface Inspection {
  /** Undefined when there is no log yet, or when its first line cannot be read. */
  readonly log: string | undefined;
  /** The readable segments before the last one. */
  readonly sealed: readonly Segment[];
  readonly last: LastSegment | undefined;
  readonly end: End;
  readonly head: Head | undefined;
  /** The newest one that verifies. */
  readonly seal: Seal | undefined;
  /** The key beside the log. */
  readonly sealKey: string | undefined;
  /** What the oldest segment stands on, when it is not the first. */
  readonly base: Base | undefined;
  readonly damage?: Damage;
  /** What a crash left and nobody was told about, in the order in which it has to be moved away. */
  readonly leftovers: readonly Leftover[];
  /** A segment whose first line never reached the disk. */
  readonly failed?: Segment;
}

/** The place behind a record, with the Merkle tree of everything up to it. */
export type End = Mark & { readonly tree: Tree };

export const beginning = (): End => ({ position: 0, hash: noHash, time: "", tree: emptyTree() });

const emptyInspection = (): Inspection => ({
  log: undefined,
  sealed: [],
  last: undefined,
  end: beginning(),
  head: undefined,
  seal: undefined,
  sealKey: undefined,
  base: undefined,
  leftovers: [],
});

export async function inspectLog(files: Files, directory: string): Promise<Inspection> {
  const head = await readHead(files, directory);
  // Checkpoints are written for durable positions only, so their names prove them.
  const seal = await newestSeal(files, directory);
  const sealKey = await readPublicKey(files, directory);
  const proved = Math.max(head?.position ?? 0, seal?.size ?? 0, ...(await listCheckpoints(files, directory)));
  const all = await listSegments(files, directory);
  const failed = await unstarted(files, all.at(-1), proved);
  const segments = failed === undefined ? all : all.slice(0, -1);
  const known = await readBase(files, directory);
  const base = archivedBefore(known, segments[0]?.first ?? 1) && known;
  const joined = await checkJoints(files, segments, base);
  const nothing = { ...emptyInspection(), log: joined.log, head, seal, sealKey, base, ...(failed ? { failed } : {}) };
  if (joined.damage !== undefined && joined.readable === 0) return { ...nothing, damage: joined.damage };
  const segment = segments[joined.readable - 1];
  if (segment === undefined || joined.opening === undefined)
    return { ...nothing, ...lostDamage(directory, known?.upTo ?? 0, proved) };
  const read = await readLast(files, segment, joined.opening, proved, { head, seal });
  const damage = joined.damage ?? read.damage;
  return {
    ...nothing,
    sealed: segments.slice(0, joined.readable - 1),
    last: read.last,
    end: read.end,
    leftovers: damage === undefined ? [...joined.leftovers, ...read.leftovers] : [],
    ...(damage === undefined ? {} : { damage }),
  };
}

/** No segment, but traces of one: never the same as an empty log. */
function lostDamage(directory: string, archived: number, proved: number): { damage?: Damage } {
  if (archived === 0 && proved === 0) return {};
  const position = archived + 1;
  const what = `the records ${position} to ${Math.max(position, proved)} are missing`;
  return { damage: { kind: "log-incomplete", what, segment: `${directory}/log`, offset: 0, position } };
}

/** The newest segment when its first line is torn and nothing says that it was ever durable. */
async function unstarted(files: Files, segment: Segment | undefined, proved: number): Promise<Segment | undefined> {
  if (segment === undefined || (await readOpening(files, segment)) !== undefined) return undefined;
  const after = { position: segment.first - 1, hash: noHash };
  const { durable } = await withFile(files, segment.path, async (file) =>
    scanSegment(file, { after, bytes: await file.size() }),
  );
  return segment.first > Math.max(proved, durable) ? segment : undefined;
}

interface Joined {
  readonly log: string | undefined;
  /** How many segments can be read. */
  readonly readable: number;
  /** The first line of the last readable one. */
  readonly opening: Opening | undefined;
  readonly leftovers: readonly Leftover[];
  readonly damage?: Damage;
}

async function checkJoints(files: Files, segments: readonly Segment[], base: Base | undefined): Promise<Joined> {
  const leftovers: Leftover[] = [];
  let log: string | undefined;
  let opening: Opening | undefined;
  let before: Segment | undefined;
  let readable = 0;
  for (const segment of segments) {
    const next = await readOpening(files, segment);
    const damage = openingDamage(segment, next, log) ?? firstDamage(segment, before, next, base);
    if (damage !== undefined || next === undefined)
      return { log, readable, opening, leftovers, ...(damage ? { damage } : {}) };
    log ??= next.data?.log;
    if (before !== undefined && opening !== undefined) {
      const joint = await checkJoint(files, before, opening, segment, next);
      if (joint.damage !== undefined) return { log, readable, opening, leftovers, damage: joint.damage };
      if (joint.leftover !== undefined) leftovers.push(joint.leftover);
    }
    [before, opening] = [segment, next];
    readable++;
  }
  return { log, readable, opening, leftovers };
}

function firstDamage(
  segment: Segment,
  before: Segment | undefined,
  opening: Opening | undefined,
  base: Base | undefined,
): Damage | undefined {
  if (before !== undefined || segment.first === 1) return undefined;
  if (base !== undefined) {
    if (base.upTo >= segment.first || base.hash === opening?.previous) return undefined;
    const what = "a segment does not follow what was archived";
    return { kind: "log-chain-broken", what, segment: segment.path, offset: 0, position: segment.first };
  }
  const what = `the records 1 to ${segment.first - 1} are missing`;
  return { kind: "log-incomplete", what, segment: segment.path, offset: 0, position: 1 };
}

/** Collects what whole batches say; a batch without its end leaves no trace. */
function createCollector(segment: Segment, tree: Tree, onGrown: (tree: Tree) => void) {
  const index = createIndexBuilder();
  let waiting: { record: Recorded; offset: number; buffer: Buffer; start: number; stop: number }[] = [];
  let end = { position: segment.first - 1, hash: "", time: "" };
  let bytes = 0;
  const offsets: number[] = [];
  return {
    add: (buffer: Buffer, start: number, stop: number, offset: number) => {
      const record = parseLine(buffer, start, stop);
      waiting.push({ record, offset, buffer, start, stop });
      if (record.batch !== undefined && record.batch[0] < record.batch[1]) return;
      for (const each of waiting) {
        index.add(each.record, each.offset);
        tree.append(each.buffer, each.start, each.stop);
        onGrown(tree);
        offsets.push(each.offset);
      }
      end = { position: record.position, hash: record.hash, time: record.time };
      bytes = offset + stop - start + 1;
      waiting = [];
    },
    index,
    end: () => end,
    bytes: () => bytes,
    /** Where the records behind a position begin. */
    offsetAfter: (position: number) => offsets[Math.max(0, position - segment.first + 1)] ?? bytes,
  };
}

/** What is noted beside the log about one of its records. */
type Notes = Pick<Inspection, "head" | "seal">;

async function readLast(files: Files, segment: Segment, opening: Opening, proved: number, { head, seal }: Notes) {
  const tree = opening.data === undefined ? undefined : treeFrom(opening.data.tree);
  let isSealOther = false;
  const collector = createCollector(segment, tree ?? emptyTree(), (grown) => {
    if (grown.size() === seal?.size) isSealOther = grown.head().root !== seal.root;
  });
  const after = { position: segment.first - 1, hash: opening.previous };
  let headHash: string | undefined;
  const { scan, fileBytes } = await withFile(files, segment.path, async (file) => {
    const bytes = await file.size();
    const onLine = (buffer: Buffer, start: number, stop: number, offset: number) => {
      collector.add(buffer, start, stop, offset);
      if (collector.end().position === head?.position) headHash = collector.end().hash;
    };
    return { scan: await scanSegment(file, { after, bytes, onLine }), fileBytes: bytes };
  });
  const durable = Math.max(proved, scan.durable);
  const { position, hash, time } = collector.end();
  const last: LastSegment = {
    segment,
    index: collector.index,
    bytes: collector.bytes(),
    fileBytes,
    unprovedFrom: collector.offsetAfter(durable),
  };
  const isHeadOther = head !== undefined && headHash !== undefined && headHash !== head.hash;
  const damage =
    tree === undefined
      ? treeDamage(segment)
      : lastDamage(last, scan, position, durable, otherNote(isHeadOther, isSealOther));
  const leftover = { segment, offset: last.bytes, bytes: fileBytes - last.bytes };
  return {
    last,
    end: { position, hash, time, tree: tree ?? emptyTree() },
    leftovers: leftover.bytes > 0 ? [leftover] : [],
    ...(damage === undefined ? {} : { damage }),
  };
}

/** The recovery table: `position` is the last record of a whole batch, `durable` the highest watermark anywhere. */
function lastDamage(
  { segment, bytes, fileBytes }: LastSegment,
  scan: Scan,
  position: number,
  durable: number,
  other: string | undefined,
): Damage | undefined {
  const place = { segment: segment.path, offset: scan.offset, position: scan.position + 1 };
  if (scan.fault === "gap" || scan.fault === "mismatch") return faultDamage(scan, place);
  if (bytes < fileBytes && position < durable) return faultDamage(scan, place);
  if (position < durable) {
    return {
      ...place,
      kind: "log-rolled-back",
      what: `it ends at position ${position}, but position ${durable} was durable`,
    };
  }
  return other === undefined ? undefined : { ...place, kind: "log-chain-broken", what: other };
}

function otherNote(isHeadOther: boolean, isSealOther: boolean): string | undefined {
  if (isHeadOther) return "the head names another record at its position";
  return isSealOther ? "the newest seal is of other records" : undefined;
}

function treeDamage(segment: Segment): Damage {
  return {
    kind: "log-chain-broken",
    what: "a segment's Merkle tree does not hold",
    segment: segment.path,
    offset: 0,
    position: segment.first,
  };
}
