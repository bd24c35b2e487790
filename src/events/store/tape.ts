/** Where groups are written: the active segment's file, the next one when a group opens it, and what is done with a broken one. */
import { assert } from "../../errors.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import { createIndexBuilder } from "./index.ts";
import type { Tree } from "./merkle.ts";
import type { Group, Queue } from "./queue.ts";
import { setAside } from "./repair/repair.ts";
import type { Reserve } from "./reserve.ts";
import type { Segment } from "./segment.ts";
import type { ActiveSegment, Shelf } from "./shelf.ts";

/** A group on stable storage: the segment it is in, and the Merkle tree with it. */
export interface Written {
  readonly target: ActiveSegment;
  readonly tree: Tree;
}

export interface Tape {
  /** Writes and syncs a group, in a new segment when it opens one. After an error: `abandon`, and nothing else. */
  write(group: Group): Promise<Written>;
  /** Closes the file that failed, for ever. A segment without a durable record is set aside. */
  abandon(): Promise<void>;
  /** The active segment's file; undefined before the first segment and after it failed. */
  file(): OpenFile | undefined;
}

export interface TapeOptions {
  readonly files: Files;
  readonly directory: string;
  readonly shelf: Shelf;
  readonly queue: Queue;
  readonly reserve: Reserve;
  /** The active segment, opened for writing; undefined before the first. */
  readonly file: OpenFile | undefined;
  /** A new segment is active. `sealed` is complete; its file is still open unless it failed. */
  onRolled(sealed: ActiveSegment | undefined, file: OpenFile | undefined): void;
}

export function createTape({ files, directory, shelf, queue, reserve, file: startFile, onRolled }: TapeOptions): Tape {
  let file = startFile;
  /** The segment that is being made, and its file once it is open. */
  let begun: { segment: Segment; file?: OpenFile } | undefined;

  /** The Merkle tree and the index grow while the disk is busy. */
  const writeSynced = async (into: OpenFile, group: Group, offset: number): Promise<Tree> => {
    await into.write(group.bytes, offset);
    const synced = into.sync();
    const tree = queue.treeWith(group);
    shelf.active()?.index.catchUp();
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
    onRolled(sealed, file);
    file = next;
    return { target, tree };
  };
  /** Cutting drops what the page cache shows although it is not on disk. It may fail: recovery does not rely on it. */
  const closeBroken = async (broken: OpenFile | undefined, bytes: number): Promise<void> => {
    await broken?.truncate(bytes).catch(() => undefined);
    await broken?.close().catch(() => undefined);
  };
  return {
    write: async (group) => {
      const segment = group.entries[0]?.opens?.segment;
      if (segment !== undefined) return begin(segment, group);
      const target = shelf.active();
      assert(target !== undefined && file !== undefined, "a group that opens no segment has one to go to");
      return { target, tree: await writeSynced(file, group, target.bytes) };
    },
    abandon: async () => {
      if (begun === undefined) {
        const broken = file;
        file = undefined;
        return closeBroken(broken, shelf.active()?.bytes ?? 0);
      }
      const { segment, file: broken } = begun;
      begun = undefined;
      await closeBroken(broken, 0);
      if ((await files.stat(segment.path)) !== undefined) await setAside(files, directory, segment);
    },
    file: () => file,
  };
}
