/** Finds records of a stream, an operation, an operation number or a time without reading the segment; always safe to delete. */
import { sha256Hex } from "../../sys/hash.ts";
import type { Files } from "../../sys/files.ts";
import type { Recorded } from "../envelope.ts";
import { indexPath } from "./segment.ts";
import type { Segment } from "./segment.ts";
import type { Damage } from "../../model/audit.ts";

/** Every so many records, an index notes offset and time. */
export const sampleEvery = 64;
const indexFormat = 1;

/** Samples in the order of the segment: sample i is the record at `first + i * sampleEvery`. */
export interface Samples {
  readonly offsets: readonly number[];
  readonly times: readonly string[];
}

export type Key = readonly ["stream" | "operation", string] | readonly ["number", number];

export interface SegmentIndex {
  readonly samples: Samples;
  /** Offsets of the records with this key, ascending. */
  offsets(key: Key): readonly number[];
}

/** An index that grows with the active segment. */
export interface IndexBuilder extends SegmentIndex {
  add(record: Recorded, offset: number): void;
  /** Takes records that will be added when somebody asks, or in `catchUp`: no acknowledgement waits for the index. */
  addLater(records: readonly Recorded[], offsets: readonly number[]): void;
  catchUp(): void;
  /** Newest revision of each stream with a record in this segment. */
  revisions(): ReadonlyMap<string, number>;
  /** The lines of the index file, but for the header and the streams that are only in earlier segments. */
  lines(): Iterable<string>;
}

/** A record names its operation's number where it opens the operation. */
function numberIn(record: Recorded): number | undefined {
  const number = record.operation === undefined ? undefined : record.data["number"];
  return typeof number === "number" ? number : undefined;
}

export function createIndexBuilder(): IndexBuilder {
  const samples = { offsets: new Array<number>(), times: new Array<string>() };
  const postings = {
    stream: new Map<string, number[]>(),
    operation: new Map<string, number[]>(),
    number: new Map<number, number[]>(),
  };
  const revisions = new Map<string, number>();
  let count = 0;
  const note = <Name>(kind: Map<Name, number[]>, name: Name, offset: number) => {
    const offsets = kind.get(name);
    if (offsets === undefined) kind.set(name, [offset]);
    else offsets.push(offset);
  };
  const add = (record: Recorded, offset: number) => {
    if (count++ % sampleEvery === 0) {
      samples.offsets.push(offset);
      samples.times.push(record.time);
    }
    const number = numberIn(record);
    note(postings.stream, record.stream, offset);
    if (record.operation !== undefined) note(postings.operation, record.operation, offset);
    if (number !== undefined) note(postings.number, number, offset);
    revisions.set(record.stream, record.revision);
  };
  let later: { records: readonly Recorded[]; offsets: readonly number[] }[] = [];
  const catchUp = () => {
    for (const { records, offsets } of later) records.forEach((record, index) => add(record, offsets[index] ?? 0));
    later = [];
  };
  return {
    get samples() {
      catchUp();
      return samples;
    },
    offsets: (key) => {
      catchUp();
      return (key[0] === "number" ? postings.number.get(key[1]) : postings[key[0]].get(key[1])) ?? [];
    },
    revisions: () => {
      catchUp();
      return revisions;
    },
    add,
    addLater: (records, offsets) => void later.push({ records, offsets }),
    catchUp,
    lines: function* () {
      catchUp();
      yield JSON.stringify(samples);
      for (const [name, offsets] of postings.stream)
        yield JSON.stringify(["stream", name, offsets, revisions.get(name)]);
      for (const [name, offsets] of postings.operation) yield JSON.stringify(["operation", name, offsets]);
      for (const [number, offsets] of postings.number) yield JSON.stringify(["number", number, offsets]);
    },
  };
}

/** Which bytes an index describes: it counts only for a segment with exactly these. */
export interface IndexedSegment {
  readonly log: string;
  readonly first: number;
  readonly bytes: number;
}

/** The index of a sealed segment as read from its file. */
export interface StoredIndex extends SegmentIndex {
  /** Newest revision of every stream up to the end of the segment. */
  revisions(): Map<string, number>;
  /** It had to be made from the lines, and in this or an earlier segment one could not be read: it is not complete. */
  readonly damage?: Damage;
}

/** Writes the index file. `revisions` are those of all streams at the end of the segment. */
export async function saveIndex(
  files: Files,
  segment: Segment,
  about: IndexedSegment,
  builder: IndexBuilder,
  revisions: ReadonlyMap<string, number>,
): Promise<void> {
  const lines = [...builder.lines()];
  for (const [stream, revision] of revisions) {
    if (!builder.revisions().has(stream)) lines.push(JSON.stringify(["stream", stream, [], revision]));
  }
  const body = Buffer.from(`${lines.join("\n")}\n`);
  const header = Buffer.from(`${JSON.stringify({ format: indexFormat, ...about, sha256: sha256Hex(body) })}\n`);
  await files.writeAtomically(indexPath(segment), Buffer.concat([header, body]), 0o600);
}

/** Reads the index file; undefined when there is none or when it is not exactly that of this segment. */
export async function loadIndex(
  files: Files,
  segment: Segment,
  about: IndexedSegment,
): Promise<StoredIndex | undefined> {
  if ((await files.stat(indexPath(segment))) === undefined) return undefined;
  const bytes = Buffer.from(await files.read(indexPath(segment)));
  const body = bytes.subarray(bytes.indexOf("\n") + 1);
  const header = JSON.stringify({ format: indexFormat, ...about, sha256: sha256Hex(body) });
  if (bytes.subarray(0, bytes.length - body.length).toString() !== `${header}\n`) return undefined;
  return storedIndex(body);
}

/** Lines are found by their first bytes, and only those asked for are parsed. */
function storedIndex(body: Buffer): StoredIndex {
  const lineAt = (at: number): string => body.subarray(at, body.indexOf("\n", at)).toString();
  return {
    samples: JSON.parse(lineAt(0)) as Samples,
    offsets: ([kind, name]) => {
      const at = body.indexOf(`\n["${kind}",${JSON.stringify(name)},`);
      return at < 0 ? [] : (JSON.parse(lineAt(at + 1)) as [string, string, number[]])[2];
    },
    revisions: () => {
      const revisions = new Map<string, number>();
      const start = '["stream",';
      for (let at = body.indexOf(`\n${start}`); at >= 0; at = body.indexOf(`\n${start}`, at + 1)) {
        const [, name, , revision] = JSON.parse(lineAt(at + 1)) as [string, string, number[], number];
        revisions.set(name, revision);
      }
      return revisions;
    },
  };
}
