/** Reads durable records in order or in reverse, by stream, operation, number or time, in constant memory. */
import type { Files, OpenFile } from "../../sys/files.ts";
import type { Recorded } from "../envelope.ts";
import { chunksOf } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import { sampleEvery } from "./index.ts";
import type { Key, SegmentIndex } from "./index.ts";
import { isIntact, parseLine, positionOf, timeOf } from "./line.ts";
import type { SegmentView, Shelf } from "./shelf.ts";
import { faultDamage, readOpening, withFile } from "./joints.ts";
import { scanSegment } from "./scan.ts";
import { damageError } from "./verdict.ts";
import type { Damage } from "./verdict.ts";

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
  positionAt(time: string): Promise<number>;
}

/** `readable`: the newest position that may be read. `onDamage` hears of a record that turned out to be unreadable, before `read` throws. */
export function createReader(
  files: Files,
  shelf: Shelf,
  readable: () => number,
  onDamage: (damage: Damage) => void,
): Reader {
  async function* read(query: ReadQuery): AsyncGenerator<Recorded, void> {
    const lower = (query.after ?? 0) + 1;
    const upper = Math.min(query.upTo ?? Number.MAX_SAFE_INTEGER, readable());
    const views = await shelf.views(lower, upper);
    let left = query.limit ?? Number.MAX_SAFE_INTEGER;
    if (left <= 0 || lower > upper) return;
    for (const view of query.reverse === true ? views.reverse() : views) {
      for await (const chunk of selectedChunks(files, view, query, lower, upper)) {
        for (const record of recordsIn(chunk, view, query, lower, upper)) {
          if (record === "unreadable") {
            const damage = await locate(files, view);
            onDamage(damage);
            throw damageError(damage);
          }
          yield record;
          if (--left === 0) return;
        }
      }
    }
  }
  return { read, positionAt: (time) => positionAt(files, shelf, readable(), time) };
}

function keyOf({ stream, operation, operationNumber }: ReadQuery): Key | undefined {
  if (operationNumber !== undefined) return ["number", operationNumber];
  if (operation !== undefined) return ["operation", operation];
  return stream === undefined ? undefined : ["stream", stream];
}

/** The parts of a segment that can hold what is asked for, in the order asked for. */
async function* selectedChunks(
  files: Files,
  view: SegmentView,
  query: ReadQuery,
  lower: number,
  upper: number,
): AsyncGenerator<Chunk> {
  const index = await view.index();
  const from = sampleBefore(index, view, lower);
  const to = Math.min(
    view.bytes,
    index.samples.offsets[sampleNumber(view, Math.min(upper, view.last)) + 1] ?? view.bytes,
  );
  const key = keyOf(query);
  const isReverse = query.reverse === true;
  const offsets = key === undefined ? [] : index.offsets(key).filter((offset) => offset >= from && offset < to);
  if (key !== undefined && offsets.length === 0) return;
  const file = await files.open(view.segment.path, "read");
  try {
    if (key !== undefined) yield* linesAt(file, isReverse ? offsets.reverse() : offsets, view.bytes, isReverse);
    else if (isReverse) yield* blocksBackwards(file, index, from, to);
    else yield* chunksOf(file, from, to);
  } finally {
    await file.close();
  }
}

const sampleNumber = (view: SegmentView, position: number): number =>
  Math.floor((position - view.segment.first) / sampleEvery);

function sampleBefore(index: SegmentIndex, view: SegmentView, position: number): number {
  return index.samples.offsets[sampleNumber(view, Math.max(position, view.segment.first))] ?? 0;
}

/** From sample to sample, the last first. */
async function* blocksBackwards(file: OpenFile, index: SegmentIndex, from: number, to: number): AsyncGenerator<Chunk> {
  const starts = index.samples.offsets.filter((offset) => offset >= from && offset < to);
  let end = to;
  for (const start of starts.reverse()) {
    for await (const chunk of gathered(file, start, end)) yield chunk;
    end = start;
  }
}

/** A block as one chunk, so that its lines can be taken from the last to the first. */
async function* gathered(file: OpenFile, start: number, end: number): AsyncGenerator<Chunk> {
  const read = await file.read(start, end - start);
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
  const ends: number[] = [];
  for (let at = bytes.indexOf("\n"); at >= 0; at = bytes.indexOf("\n", at + 1)) ends.push(at);
  yield { bytes, offset: start, ends };
}

/** Single lines; neighbours come from one read. */
async function* linesAt(
  file: OpenFile,
  offsets: readonly number[],
  size: number,
  isReverse: boolean,
): AsyncGenerator<Chunk> {
  let window: Buffer = Buffer.alloc(0);
  let windowAt = 0;
  const lineIn = (offset: number): Chunk | undefined => {
    const end = offset < windowAt ? -1 : window.indexOf("\n", offset - windowAt);
    if (end < 0) return undefined;
    return { bytes: window.subarray(offset - windowAt, end), offset, ends: [end - (offset - windowAt)] };
  };
  for (const offset of offsets) {
    for (let length = windowBytes; lineIn(offset) === undefined && length < 2 * size + windowBytes; length *= 2) {
      windowAt = isReverse ? Math.max(0, offset - (length >> 1)) : offset;
      const read = await file.read(windowAt, Math.min(size - windowAt, offset - windowAt + length));
      window = Buffer.from(read.buffer, read.byteOffset, read.length);
    }
    yield lineIn(offset) ?? { bytes: Buffer.alloc(0), offset, ends: [0] };
  }
}

function* recordsIn(
  chunk: Chunk,
  view: SegmentView,
  query: ReadQuery,
  lower: number,
  upper: number,
): Generator<Recorded | "unreadable"> {
  const last = Math.min(upper, view.last);
  const { ends } = chunk;
  const step = query.reverse === true ? -1 : 1;
  for (let at = step > 0 ? 0 : ends.length - 1; at >= 0 && at < ends.length; at += step) {
    const start = at === 0 ? 0 : (ends[at - 1] ?? 0) + 1;
    const end = ends[at] ?? 0;
    if (!isIntact(chunk.bytes, start, end)) {
      yield "unreadable";
      return;
    }
    const position = positionOf(chunk.bytes, start);
    if (position < lower || position > last) continue;
    const record = parseLine(chunk.bytes, start, end);
    if (isWanted(record, query)) yield record;
  }
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

/** The newest position up to `upTo` whose time is not later; 0 when all are later. */
async function positionAt(files: Files, shelf: Shelf, upTo: number, time: string): Promise<number> {
  const views = await shelf.views(1, upTo);
  let found = 0;
  let low = 0;
  for (let high = views.length; low < high;) {
    const middle = (low + high) >> 1;
    const view = views[middle];
    if (view !== undefined && (await firstTime(files, view)) <= time) low = middle + 1;
    else high = middle;
  }
  const view = views[low - 1];
  if (view === undefined) return 0;
  const { samples } = await view.index();
  const later = samples.times.findIndex((each) => each > time);
  const sample = (later < 0 ? samples.times.length : later) - 1;
  const file = await files.open(view.segment.path, "read");
  try {
    for await (const chunk of gathered(file, samples.offsets[sample] ?? 0, samples.offsets[sample + 1] ?? view.bytes)) {
      chunk.ends.forEach((end, at) => {
        const start = at === 0 ? 0 : (chunk.ends[at - 1] ?? 0) + 1;
        const position = positionOf(chunk.bytes, start);
        if (end > start && position <= view.last && timeOf(chunk.bytes, start) <= time)
          found = Math.max(found, position);
      });
    }
  } finally {
    await file.close();
  }
  return found;
}

/** Enough bytes to hold the position and time of a line. */
const lineStartBytes = 128;

async function firstTime(files: Files, view: SegmentView): Promise<string> {
  const file = await files.open(view.segment.path, "read");
  try {
    return timeOf(await file.read(0, lineStartBytes), 0);
  } finally {
    await file.close();
  }
}
