/** What is stamped and not yet durable, in order, cut into groups that never cross from one segment into the next. */
import type { Ids } from "../../sys/ids.ts";
import { daemonActor } from "../envelope.ts";
import type { Batch, Recorded } from "../envelope.ts";
import type { Chain, Mark } from "./chain.ts";
import type { Tree, TreeHead } from "./merkle.ts";
import { segmentAt, segmentEvent } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** One batch in the queue. The record that opens a segment is an entry of its own, for which nobody waits. */
export interface Entry {
  readonly batch: Batch;
  readonly opens?: { readonly segment: Segment; readonly before: Mark };
  readonly records: readonly Recorded[];
  readonly lines: readonly Uint8Array[];
  /** Shared by all that were pushed one after the other: they become durable at once, and each promise costs. */
  readonly settle?: PromiseWithResolvers<void>;
}

/** What goes into one write, and the place in the log behind it. */
export interface Group {
  readonly entries: readonly Entry[];
  readonly lines: readonly Uint8Array[];
  /** The lines, one behind the other. */
  readonly bytes: Buffer;
  readonly end: Mark;
}

export interface Queue {
  /** Records in the queue. */
  count(): number;
  records(): readonly Recorded[];
  /** Stamps and queues a batch, and the opening of a new segment before it when the present one is full. One that is queued
   *  again brings whoever waits for it. */
  push(batch: Batch, settle?: PromiseWithResolvers<void>): Required<Pick<Entry, "records" | "settle">>;
  openSegment(): void;
  /** Everything queued up to the next segment; undefined when nothing is. It stays queued until `finish`. */
  group(): Group | undefined;
  /** The Merkle tree with the group's lines: work for the time in which the disk syncs. Not while they are written: it borrows
   *  bytes of theirs. */
  treeWith(group: Group): Tree;
  /** The group is durable, and this is its tree. The answer: whoever waited for nothing more than this. */
  finish(group: Group, tree: Tree): Iterable<PromiseWithResolvers<void>>;
  /** Takes everything back: the chain is where the last durable record left it. */
  takeAll(): readonly Entry[];
  /** The place behind the newest durable record. */
  durable(): Mark;
  /** The Merkle tree up to there. */
  durableTree(): TreeHead;
}

export interface QueueOptions {
  readonly chain: Chain;
  /** The Merkle tree of all records up to where the chain starts. */
  readonly tree: Tree;
  readonly ids: Ids;
  readonly directory: string;
  readonly log: string;
  readonly segmentBytes: number;
  /** Size of the active segment; undefined when there is none. */
  readonly activeBytes: number | undefined;
}

export function createQueue({
  chain,
  tree: startTree,
  ids,
  directory,
  log,
  segmentBytes,
  activeBytes,
}: QueueOptions): Queue {
  let tree = startTree;
  let entries: Entry[] = [];
  let count = 0;
  let durable = chain.mark();
  let wave = newWave();
  /** Bytes of the active segment with everything queued for it. */
  let stampedBytes = activeBytes ?? segmentBytes;

  const add = (entry: Entry) => {
    entries.push(entry);
    count += entry.records.length;
    for (const line of entry.lines) stampedBytes += line.length;
  };
  const openSegment = () => {
    const before = chain.mark();
    const lines = linesOf(entries);
    const head = withLines(tree, lines, Buffer.concat(lines)).head();
    const batch = {
      events: [segmentEvent(log, before.hash, head)],
      command: ids.next(),
      by: daemonActor,
    };
    stampedBytes = 0;
    wave = newWave();
    add({
      batch,
      opens: { segment: segmentAt(directory, before.position + 1), before },
      ...chain.stamp(batch, durable.position),
    });
  };
  const records = () => entries.flatMap((entry) => entry.records);
  return {
    count: () => count,
    records,
    openSegment,
    push: (batch, again) => {
      if (stampedBytes >= segmentBytes) openSegment();
      const settle = again ?? wave;
      const { records, lines } = chain.stamp(batch, durable.position);
      add({ batch, settle, records, lines });
      return { records, settle };
    },
    group: () => {
      if (entries.length === 0) return undefined;
      const until = entries.findIndex((entry, at) => at > 0 && entry.opens !== undefined);
      const taken = until < 0 ? entries.slice() : entries.slice(0, until);
      if (until < 0) wave = newWave();
      const lines = linesOf(taken);
      return {
        entries: taken,
        lines,
        bytes: Buffer.concat(lines),
        end: entries[until]?.opens?.before ?? chain.mark(),
      };
    },
    treeWith: (group) => withLines(tree, group.lines, group.bytes),
    finish: (group, grown) => {
      tree = grown;
      durable = group.end;
      entries = entries.slice(group.entries.length);
      count -= group.lines.length;
      const done = new Set(group.entries.flatMap(({ settle }) => settle ?? []));
      // What was queued again may have come to stand on both sides of a new segment.
      const next = entries.find(({ settle }) => settle !== undefined)?.settle;
      if (next !== undefined) done.delete(next);
      return done;
    },
    takeAll: () => {
      const taken = entries;
      chain.rewind(durable, records());
      entries = [];
      count = 0;
      return taken;
    },
    durable: () => durable,
    durableTree: () => tree.head(),
  };
}

const linesOf = (entries: readonly Entry[]): Uint8Array[] => entries.flatMap((entry) => entry.lines);

function newWave(): PromiseWithResolvers<void> {
  const wave = Promise.withResolvers<void>();
  wave.promise.catch(() => undefined);
  return wave;
}

/** `bytes` are the lines, one behind the other. */
function withLines(tree: Tree, lines: readonly Uint8Array[], bytes: Uint8Array): Tree {
  const grown = tree.fork();
  let start = 0;
  for (const { length } of lines) {
    grown.append(bytes, start, start + length - 1);
    start += length;
  }
  return grown;
}
