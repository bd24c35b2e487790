/** Group commit: what queues while one sync runs goes into the next write; a failed write moves the queue to a new segment, once. */
import { assert, UserError } from "../../errors.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import type { Batch, Recorded } from "../envelope.ts";
import type { Chain, Mark } from "./chain.ts";
import { createIndexBuilder } from "./index.ts";
import type { Tree } from "./merkle.ts";
import type { Group, Queue } from "./queue.ts";
import { setAside } from "./repair.ts";
import type { Reserve } from "./reserve.ts";
import { logDirectory } from "./segment.ts";
import type { Segment } from "./segment.ts";
import type { ActiveSegment, Shelf } from "./shelf.ts";
import { storageError } from "./verdict.ts";
import { createWaiters } from "./waiters.ts";

/** More than a daemon ever has in flight: a caller that meets it is told to come back. */
const queuedRecordsMax = 20_000;

export interface Appended {
  readonly recorded: readonly Recorded[];
  readonly durable: Promise<void>;
}

export interface WriterOptions {
  readonly files: Files;
  readonly directory: string;
  readonly shelf: Shelf;
  readonly chain: Chain;
  readonly queue: Queue;
  readonly reserve: Reserve;
  /** The active segment, opened for writing; undefined before the first. */
  readonly file: OpenFile | undefined;
  onDurable(records: readonly Recorded[]): void;
  onRewound(): void;
  onFailed(error: UserError): void;
  /** A new segment is active. `sealed` is complete; its file is still open unless it failed. */
  onRolled(sealed: ActiveSegment | undefined, file: OpenFile | undefined): void;
}

export interface Writer {
  append(batch: Batch): Appended;
  whenDurable(position: number): Promise<void>;
  /** The newest record on stable storage. */
  durable(): Mark;
  /** Opens the first segment; resolves when it is durable. */
  begin(): Promise<void>;
  /** Resolves when nothing is queued any more. */
  drained(): Promise<void>;
  /** The active segment's file; undefined after it failed. */
  file(): OpenFile | undefined;
}

/** A group on stable storage: the segment it is in, and the Merkle tree with it. */
interface Written {
  readonly target: ActiveSegment;
  readonly tree: Tree;
}

export function createWriter(options: WriterOptions): Writer {
  const { directory, shelf, chain, queue, reserve } = options;
  const waiters = createWaiters();
  let file = options.file;
  let failure: UserError | undefined;
  let isRetry = false;
  let running: Promise<void> | undefined;

  const start = () => {
    // The first append of a wave starts the work behind all others that are ready now, so that they share a sync.
    running ??= Promise.resolve().then(commitAll);
  };
  const commitAll = async () => {
    try {
      for (let group = queue.group(); group !== undefined; group = queue.group()) {
        const written = await write(group).catch(recover);
        if (written === undefined) continue;
        finish(group, written);
        if (file !== undefined) await reserve.ensure(file, written.target.bytes).catch(() => undefined);
      }
    } finally {
      // In the same turn as the last look at the queue: an append that comes a turn later must start anew.
      running = undefined;
    }
  };

  const write = async (group: Group): Promise<Written> => {
    const active = shelf.active();
    const segment = group.entries[0]?.opens?.segment;
    if (segment !== undefined) return begin(segment, group);
    assert(active !== undefined && file !== undefined, "a group that opens no segment has one to go to");
    return { target: active, tree: await writeSynced(file, group, active.bytes) };
  };
  /** The Merkle tree grows while the disk is busy. */
  const writeSynced = async (into: OpenFile, group: Group, offset: number): Promise<Tree> => {
    await into.write(Buffer.concat(group.lines), offset);
    const synced = into.sync();
    const tree = queue.treeWith(group);
    await synced;
    return tree;
  };
  const begin = async (segment: Segment, group: Group): Promise<Written> => {
    begun = { segment };
    const next = await reserve.takeNext(segment);
    begun = { segment, file: next };
    const tree = await writeSynced(next, group, 0);
    begun = undefined;
    const sealed = shelf.active();
    const target = { segment, index: createIndexBuilder(), bytes: 0 };
    shelf.open(target);
    options.onRolled(sealed, file);
    file = next;
    return { target, tree };
  };
  /** The segment that is being made, and its file once it is open. */
  let begun: { segment: Segment; file?: OpenFile } | undefined;

  const finish = (group: Group, { target, tree }: Written) => {
    isRetry = false;
    const records = group.entries.flatMap((entry) => entry.records);
    records.forEach((record, index) => {
      target.index.add(record, target.bytes);
      target.bytes += group.lines[index]?.length ?? 0;
    });
    queue.finish(group, tree);
    options.onDurable(records);
    for (const { settle } of group.entries) settle?.resolve();
    waiters.reach(group.end.position);
  };

  /** After the first error of a write or a sync: that file is closed for ever, and everything queued goes to a new one. */
  const recover = async (error: unknown): Promise<undefined> => {
    if (errorCode(error) === undefined) throw error;
    try {
      await abandon();
      if (isRetry) throw error;
      isRetry = true;
      await reserve.spend();
      restamp();
    } catch (last) {
      await giveUp(last);
    }
  };
  const abandon = async () => {
    const broken = begun === undefined ? { file, bytes: shelf.active()?.bytes ?? 0 } : { file: begun.file, bytes: 0 };
    const unstarted = begun?.segment;
    if (begun === undefined) file = undefined;
    begun = undefined;
    // Cutting drops what the page cache shows although it is not on disk. It may fail: recovery does not rely on it.
    await broken.file?.truncate(broken.bytes).catch(() => undefined);
    await broken.file?.close().catch(() => undefined);
    if (unstarted !== undefined && (await options.files.stat(unstarted.path)) !== undefined) {
      await setAside(options.files, directory, unstarted);
    }
  };
  const restamp = () => {
    const taken = queue.takeAll();
    queue.openSegment();
    for (const { batch, settle } of taken) if (settle !== undefined) queue.push(batch, settle);
    waiters.raise(chain.position());
    options.onRewound();
  };
  const giveUp = async (cause: unknown) => {
    const space = await options.files.space(directory).catch(() => undefined);
    const error = storageError(logDirectory(directory), cause, space?.freeBytes);
    failure = error;
    const taken = queue.takeAll();
    options.onFailed(error);
    for (const { settle } of taken) settle?.reject(error);
    waiters.fail(error);
    options.onRewound();
  };

  return {
    append: (batch) => {
      if (failure !== undefined) throw failure;
      if (queue.count() + batch.events.length > queuedRecordsMax) throw busyError();
      const settle = Promise.withResolvers<void>();
      settle.promise.catch(() => undefined);
      const { records } = queue.push(batch, settle);
      start();
      return { recorded: records, durable: settle.promise };
    },
    whenDurable: (position) => {
      if (position <= queue.durable().position) return Promise.resolve();
      if (failure !== undefined) return Promise.reject(failure);
      assert(position <= chain.position(), `position ${position} was handed out`);
      return waiters.wait(position);
    },
    durable: queue.durable,
    begin: () => {
      queue.openSegment();
      start();
      return waiters.wait(chain.position());
    },
    drained: async () => {
      while (running !== undefined) await running;
    },
    file: () => file,
  };
}

function busyError(): UserError {
  return new UserError("storage-busy", `${queuedRecordsMax} records already wait for the disk`, {
    hints: [["next", "try again in a moment"]],
  });
}
