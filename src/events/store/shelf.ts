/** The readable segments of an open log: the sealed ones with their index files, and the active one with its index in memory. */
import type { Files } from "../../sys/files.ts";
import type { Recorded } from "../envelope.ts";
import { visitLines } from "./chunks.ts";
import { createIndexBuilder, loadIndex, saveIndex } from "./index.ts";
import type { IndexBuilder, IndexedSegment, SegmentIndex, StoredIndex } from "./index.ts";
import { withFile } from "./joints.ts";
import { isIntact, parseLine, positionOf } from "./line.ts";
import type { Segment } from "./segment.ts";
import type { Damage } from "../../model/audit.ts";

/** The segment that is written to, as far as it is durable. */
export interface ActiveSegment {
  readonly segment: Segment;
  readonly index: IndexBuilder;
  bytes: number;
}

/** The active segment has these records too: they are durable. */
export function extend(active: ActiveSegment, records: readonly Recorded[], lines: readonly Uint8Array[]): void {
  const offsets = lines.map((line) => {
    active.bytes += line.length;
    return active.bytes - line.length;
  });
  active.index.addLater(records, offsets);
}

/** One segment at one moment: what may be read of it. */
export interface SegmentView {
  readonly segment: Segment;
  /** Position of its last record. */
  readonly last: number;
  /** It is sealed, and its last record may be read too. */
  readonly isComplete: boolean;
  readonly bytes: number;
  index(): Promise<SegmentIndex>;
}

export interface Shelf {
  /** Makes a segment the active one. The one before must be complete. */
  open(next: ActiveSegment): void;
  active(): ActiveSegment | undefined;
  /** Segments with records in `[from, to]`, oldest first. `to` must be durable. */
  views(from: number, to: number): Promise<SegmentView[]>;
  /** Writes the index file of the newest sealed segment, if it is missing, and lets go of its index in memory. */
  closeIndex(): Promise<void>;
  /** The index of the newest sealed segment; an empty one when there is none. */
  newestIndex(): Promise<StoredIndex>;
}

const indexOfNone = (revisions: Readonly<Record<string, number>>): StoredIndex => ({
  samples: { offsets: [], times: [] },
  offsets: () => [],
  revisions: () => new Map(Object.entries(revisions)),
});

/** `sealed`: complete segments, oldest first; `last`: position of the newest record in them; `before`: revisions of what was archived. */
export function createShelf(
  files: Files,
  log: string,
  sealed: readonly Segment[],
  last: number,
  before: Readonly<Record<string, number>> = {},
): Shelf {
  const noIndex = indexOfNone(before);
  const segments = [...sealed];
  /** Sizes of what was sealed in this run: behind them a file may still hold what a failed write left. */
  const sealedBytes = new Map<number, number>();
  let active: ActiveSegment | undefined;
  /** The segment sealed last, until its index file is written. */
  let closing: ActiveSegment | undefined;

  /** Position of the last record of the segment at this index; `end` when no other follows. */
  const lastOf = (at: number, end: number): number => {
    const next = segments[at + 1] ?? (at < segments.length ? active?.segment : undefined);
    return next === undefined ? end : next.first - 1;
  };
  const bytesOf = async (segment: Segment): Promise<number> =>
    sealedBytes.get(segment.first) ?? (await files.stat(segment.path))?.bytes ?? 0;

  const indexOf = async (at: number): Promise<StoredIndex> => {
    const segment = segments[at];
    if (segment === undefined) return noIndex;
    const about = { log, first: segment.first, bytes: await bytesOf(segment) };
    const stored = await loadIndex(files, segment, about);
    if (stored !== undefined) return stored;
    const earlier = await indexOf(at - 1);
    const isHeld = closing?.segment.first === segment.first;
    const made =
      isHeld && closing ? { index: closing.index } : await readIndex(files, segment, about, lastOf(at, last));
    const damage = earlier.damage ?? made.damage;
    const revisions = new Map([...earlier.revisions(), ...made.index.revisions()]);
    if (damage !== undefined) return { ...made.index, revisions: () => revisions, damage };
    // A full disk costs time, not answers.
    await saveIndex(files, segment, about, made.index, revisions).catch(() => undefined);
    return { ...made.index, revisions: () => revisions };
  };

  const viewOf = async (segment: Segment, at: number, to: number): Promise<SegmentView> => {
    const end = Math.min(to, lastOf(at, to));
    const held = [active, closing].find((each) => each?.segment.first === segment.first);
    const isComplete = at < segments.length && lastOf(at, Number.MAX_SAFE_INTEGER) <= to;
    const place = { segment, last: end, isComplete };
    if (held !== undefined) return { ...place, bytes: held.bytes, index: () => Promise.resolve(held.index) };
    return { ...place, bytes: await bytesOf(segment), index: () => indexOf(at) };
  };

  return {
    active: () => active,
    open: (next) => {
      if (active !== undefined) {
        segments.push(active.segment);
        sealedBytes.set(active.segment.first, active.bytes);
      }
      closing = active;
      active = next;
    },
    views: (from, to) => {
      const all = active === undefined ? segments : [...segments, active.segment];
      const isWanted = (segment: Segment, at: number) => segment.first <= to && (all[at + 1]?.first ?? to + 1) > from;
      return Promise.all(all.flatMap((segment, at) => (isWanted(segment, at) ? [viewOf(segment, at, to)] : [])));
    },
    closeIndex: async () => {
      await indexOf(segments.length - 1);
      closing = undefined;
    },
    newestIndex: () => indexOf(segments.length - 1),
  };
}

/** Makes the index of a sealed segment from its lines, as far as they can be read. */
function readIndex(
  files: Files,
  segment: Segment,
  about: IndexedSegment,
  last: number,
): Promise<{ index: IndexBuilder; damage?: Damage }> {
  return withFile(files, segment.path, async (file) => {
    const index = createIndexBuilder();
    let next = segment.first;
    const { offset } = await visitLines(file, 0, about.bytes, (bytes, start, end, at) => {
      if (next > last || !isIntact(bytes, start, end) || positionOf(bytes, start) !== next) return false;
      index.add(parseLine(bytes, start, end), at);
      next++;
      return true;
    });
    if (next > last) return { index };
    const what = "an acknowledged record cannot be read";
    return { index, damage: { kind: "log-damaged", what, segment: segment.path, offset, position: next } };
  });
}
