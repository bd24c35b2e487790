/** Reads durable records in order or in reverse, by stream, operation, number or time, in constant memory. */
import type { UserError } from "../../errors.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import type { Recorded } from "../envelope.ts";
import { chunksOf, readBlock } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import { sampleEvery } from "./index.ts";
import type { Key } from "./index.ts";
import { isIntact, parseLine, parseLines, positionOf } from "./line.ts";
import type { SegmentView, Shelf } from "./shelf.ts";
import { faultDamage, readOpening, withFile } from "./joints.ts";
import { scanSegment } from "./scan.ts";
import { positionAt } from "./times.ts";
import { archivedError, damageError, unreadableError } from "./verdict.ts";
import type { Archived } from "./archive/base.ts";
import type { Damage } from "../../model/audit.ts";

export interface ReadQuery {
  /** Only records behind this position. */
  readonly after?: number;
  /** Only records up to this position; the newest durable one at most. */
  readonly upTo?: number;
  readonly stream?: string;
  readonly operation?: string;
  /** Only the record that opened the operation with this number. */
  readonly operationNumber?: number;
  /** Newest first. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** Enough for the lines of one operation in most cases. */
const windowBytes = 16 << 10;

export interface Reader {
  read(query: ReadQuery): AsyncGenerator<Recorded, void>;
  readGroups(query: ReadQuery): AsyncGenerator<readonly Recorded[], void>;
  positionAt(time: string): Promise<number>;
}

/** Where the log begins that is read, when its beginning was archived. */
export interface ReaderBase {
  readonly archived: Archived | undefined;
  readonly directory: string;
}

/** `readable`: the newest position that may be read. `onDamage` hears of a record that turned out to be unreadable, before `read` throws. */
export function createReader(
  files: Files,
  shelf: Shelf,
  { archived, directory }: ReaderBase,
  readable: () => number,
  onDamage: (damage: Damage) => void,
): Reader {
  async function* groupsOf(query: ReadQuery): AsyncGenerator<readonly Recorded[], void> {
    const lower = (query.after ?? 0) + 1;
    const upper = Math.min(query.upTo ?? Number.MAX_SAFE_INTEGER, readable());
    let left = query.limit ?? Number.MAX_SAFE_INTEGER;
    if (left <= 0 || lower > upper) return;
    // Who reads on from a place wants all; who looks back, or for something, wants what there is.
    const wantsAll = query.reverse !== true && keyOf(query) === undefined;
    if (archived && wantsAll && lower <= archived.upTo) throw archivedError(archived, directory);
    const views = await shelf.views(lower, upper).catch(unreadable(shelf.active()?.segment.path));
    for (const view of query.reverse === true ? views.reverse() : views) {
      try {
        const range = { lower, upper: Math.min(upper, view.last) };
        for await (const block of selectedBlocks(files, view, query, range)) {
          for (const group of groupsIn(block, query, range)) {
            if (group === "unreadable") throw await foundDamage(view);
            yield group.length > left ? group.slice(0, left) : group;
            left -= group.length;
            if (left <= 0) return;
          }
        }
      } catch (cause) {
        unreadable(view.segment.path)(cause);
      }
    }
  }
  const foundDamage = async (view: SegmentView): Promise<UserError> => {
    const damage = await locate(files, view);
    onDamage(damage);
    return damageError(damage);
  };
  return {
    read: (query) => eachOf(groupsOf(query)),
    readGroups: groupsOf,
    positionAt: async (time) => {
      const found = await positionAt(files, shelf, readable(), time).catch(unreadable(shelf.active()?.segment.path));
      if (found === 0 && archived) throw archivedError(archived, directory);
      return found;
    },
  };
}

/** One loop around another and nothing else: what is done here is done a million times. */
async function* eachOf(groups: AsyncIterable<readonly Recorded[]>): AsyncGenerator<Recorded, void> {
  for await (const group of groups) for (const record of group) yield record;
}

/** What the disk refuses, in words that a caller can show. */
function unreadable(path = "the log"): (cause: unknown) => never {
  return (cause) => {
    throw errorCode(cause) === undefined ? cause : unreadableError(path, cause);
  };
}

function keyOf({ stream, operation, operationNumber }: ReadQuery): Key | undefined {
  if (operationNumber !== undefined) return ["number", operationNumber];
  if (operation !== undefined) return ["operation", operation];
  return stream === undefined ? undefined : ["stream", stream];
}

/** Positions, both ends included. */
interface Range {
  readonly lower: number;
  readonly upper: number;
}

/** Some lines, and the position of the first of them where it is known: then no line can be skipped unnoticed. */
interface Block {
  readonly chunk: Chunk;
  readonly position: number | undefined;
}

/** The parts of a segment that can hold what is asked for, in the order asked for. */
async function* selectedBlocks(
  files: Files,
  view: SegmentView,
  query: ReadQuery,
  { lower, upper }: Range,
): AsyncGenerator<Block> {
  const key = keyOf(query);
  const isWhole = key === undefined && query.reverse !== true && view.isComplete && lower <= view.segment.first;
  // To read all of it nothing has to be found.
  const index = isWhole ? undefined : await view.index();
  const offsets = index?.samples.offsets ?? [0];
  const firstSample = sampleOf(view, Math.max(lower, view.segment.first));
  const lastSample = Math.min(sampleOf(view, upper), offsets.length - 1);
  const from = offsets[firstSample] ?? 0;
  const to = Math.min(view.bytes, offsets[lastSample + 1] ?? view.bytes);
  const found = key && index ? index.offsets(key).filter((offset) => offset >= from && offset < to) : [];
  if (key !== undefined && found.length === 0) return;
  const file = await files.open(view.segment.path, "read");
  try {
    if (key !== undefined) yield* linesAt(file, found, view.bytes, query.reverse === true);
    else if (query.reverse !== true) yield* blocksForward(file, from, to, positionOfSample(view, firstSample));
    else {
      for (let sample = lastSample; sample >= firstSample; sample--) {
        const end = sample === lastSample ? to : (offsets[sample + 1] ?? to);
        yield { chunk: await readBlock(file, offsets[sample] ?? 0, end), position: positionOfSample(view, sample) };
      }
    }
  } finally {
    await file.close();
  }
}

const sampleOf = (view: SegmentView, position: number): number =>
  Math.floor((position - view.segment.first) / sampleEvery);
const positionOfSample = (view: SegmentView, sample: number): number => view.segment.first + sample * sampleEvery;

async function* blocksForward(file: OpenFile, from: number, to: number, first: number): AsyncGenerator<Block> {
  let position = first;
  for await (const chunk of chunksOf(file, from, to)) {
    yield { chunk, position };
    position += chunk.ends.length;
  }
}

/** Single lines; neighbours come from one read. */
async function* linesAt(
  file: OpenFile,
  found: readonly number[],
  size: number,
  isReverse: boolean,
): AsyncGenerator<Block> {
  let window: Buffer = Buffer.alloc(0);
  let windowAt = 0;
  const lineIn = (offset: number): Block | undefined => {
    const end = offset < windowAt ? -1 : window.indexOf("\n", offset - windowAt);
    if (end < 0) return undefined;
    const bytes = window.subarray(offset - windowAt, end);
    return { chunk: { bytes, offset, ends: [bytes.length] }, position: undefined };
  };
  for (const offset of isReverse ? found.toReversed() : found) {
    for (let length = windowBytes; lineIn(offset) === undefined && length < 2 * size + windowBytes; length *= 2) {
      windowAt = isReverse ? Math.max(0, offset - (length >> 1)) : offset;
      const read = await file.read(windowAt, Math.min(size - windowAt, offset - windowAt + length));
      window = Buffer.from(read.buffer, read.byteOffset, read.length);
    }
    yield lineIn(offset) ?? { chunk: { bytes: Buffer.alloc(0), offset, ends: [0] }, position: undefined };
  }
}

/** So many lines are parsed at once: cheaper than one by one, and soon enough for who wants only the first. */
const groupLines = 64;

function* groupsIn(
  { chunk, position }: Block,
  query: ReadQuery,
  { lower, upper }: Range,
): Generator<readonly Recorded[] | "unreadable", void, void> {
  const first = position ?? positionOf(chunk.bytes, 0);
  const isReverse = query.reverse === true;
  const from = first < 0 ? 0 : Math.max(0, lower - first);
  const to = first < 0 ? chunk.ends.length : Math.min(chunk.ends.length, upper - first + 1);
  const groups = Math.ceil((to - from) / groupLines);
  for (let group = 0; group < groups; group++) {
    const groupFrom = from + (isReverse ? groups - 1 - group : group) * groupLines;
    const groupTo = Math.min(to, groupFrom + groupLines);
    const [goodFrom, goodTo] = goodLines(chunk, first, groupFrom, groupTo, isReverse);
    for (const records of parsed(chunk, goodFrom, goodTo, isReverse))
      yield keyOf(query) === undefined ? records : records.filter((record) => isWanted(record, query));
    if (goodTo - goodFrom < groupTo - groupFrom) return yield "unreadable";
  }
}

/** The records of checked lines: together, or where one of them is no JSON, alone up to that one, which throws. */
function* parsed(
  chunk: Chunk,
  from: number,
  to: number,
  isReverse: boolean,
): Generator<readonly Recorded[], void, void> {
  if (from === to) return;
  const records = parseLines(chunk.bytes, startOf(chunk, from), chunk.ends[to - 1] ?? 0, to - from);
  if (records.length === to - from) return yield isReverse ? records.toReversed() : records;
  for (let at = 0; at < to - from; at++) {
    const line = isReverse ? to - 1 - at : from + at;
    yield [parseLine(chunk.bytes, startOf(chunk, line), chunk.ends[line] ?? 0)];
  }
}

const startOf = ({ ends }: Chunk, line: number): number => (line === 0 ? 0 : (ends[line - 1] ?? 0) + 1);

/** Of the lines `[from, to)` those before the first bad one; in reverse those behind the last bad one. */
function goodLines(
  chunk: Chunk,
  first: number,
  from: number,
  to: number,
  isReverse: boolean,
): readonly [from: number, to: number] {
  const { bytes, ends } = chunk;
  const isGood = (line: number): boolean => {
    const start = startOf(chunk, line);
    return positionOf(bytes, start) === first + line && isIntact(bytes, start, ends[line] ?? 0);
  };
  let good = isReverse ? to : from;
  if (isReverse) while (good > from && isGood(good - 1)) good--;
  else while (good < to && isGood(good)) good++;
  return isReverse ? [good, to] : [from, good];
}

function isWanted(record: Recorded, { stream, operation, operationNumber }: ReadQuery): boolean {
  return (
    (stream === undefined || record.stream === stream) &&
    (operation === undefined || record.operation === operation) &&
    (operationNumber === undefined || (record.operation !== undefined && record.data["number"] === operationNumber))
  );
}

/** Reads the segment from its beginning to say where exactly it is damaged. */
async function locate(files: Files, view: SegmentView): Promise<Damage> {
  const { segment, bytes, last } = view;
  const place = { segment: segment.path, offset: 0, position: segment.first };
  const opening = await readOpening(files, segment);
  if (opening === undefined)
    return { ...place, kind: "log-damaged", what: "the first record of a segment cannot be read" };
  const after = { position: segment.first - 1, hash: opening.previous };
  const scan = await withFile(files, segment.path, (file) => scanSegment(file, { after, bytes, upTo: last }));
  return faultDamage(scan, { segment: segment.path, offset: scan.offset, position: scan.position + 1 });
}
