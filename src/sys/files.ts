/** The file system as a port: everything the daemon stores goes through it, so that a simulation can lose power at any call. */
import * as fs from "node:fs";
import { dirname, resolve } from "node:path";
import { reserveBlocks, seek, tryLock } from "./libc.ts";
import { isInMemory, mapFile } from "./mapping.ts";
import { copyParts, dataExtents, endsEarly, mappedSource, readSource } from "./parts.ts";
import type { Extent, Part } from "./parts.ts";

/** The folder that a path is in. */
export { dirname };

/** `read` and `write` need the file, `create` needs its absence, `ensure` takes either. All but `read` may also write. */
export type OpenHow = "read" | "write" | "create" | "ensure";

export interface OpenFile {
  readonly path: string;
  /** The system's own number of it, to be handed to another program; a simulated disk has none. */
  readonly descriptor?: number;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Writes all bytes at `offset`. After an error the file may hold any part of them. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Resolves when data and size are on stable storage. After an error, never call it again: a second call can succeed falsely. */
  sync(): Promise<void>;
  size(): Promise<number>;
  /** Cuts or extends; cutting to the present size gives reserved blocks back. */
  truncate(size: number): Promise<void>;
  /** Reserves blocks for a range without changing the size. False: refused, or worthless on this file system. */
  reserve(offset: number, bytes: number): Promise<boolean>;
  /** What of it holds data, in order; the rest reads as zeros. Stretches of zeros shorter than `gap` bytes may be in it too. */
  extents(gap: number): Promise<readonly Extent[]>;
  /** Copies parts of it into another one. Rejects when it ends before them, or with the signal's reason; nothing is under way then. */
  copy(parts: readonly Part[], target: OpenFile, signal: AbortSignal): Promise<void>;
  /** From here on another program, which is handed the descriptor, reads or writes. Reads and writes of ours have places of their own. */
  seek(offset: number): void;
  /** Takes the file's exclusive lock without waiting; it ends with `close` or with the process. False: held elsewhere. */
  lock(): boolean;
  close(): Promise<void>;
}

export interface FileStatus {
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  /** What it takes on the disk; less than `bytes` where it has holes, more where blocks are reserved. */
  readonly allocatedBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** When its content, its name or its rights last changed. */
  readonly changedMs: number;
}

/** Errors carry `code` (`ENOENT`, `ENOSPC`, ...) and `path`, as the operating system gives them. */
export interface Files {
  open(path: string, how: OpenHow, mode?: number): Promise<OpenFile>;
  /** The whole file; only for files with a known bound. */
  read(path: string): Promise<Uint8Array>;
  /** Old content or new, never a part: temporary file, sync, rename, directory sync. */
  writeAtomically(path: string, bytes: Uint8Array, mode: number): Promise<void>;
  /** Names in a directory, sorted. */
  list(directory: string): Promise<string[]>;
  stat(path: string): Promise<FileStatus | undefined>;
  /** Makes the directory and its missing parents, durably. */
  makeDirectory(path: string, mode: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Only an empty one. */
  removeDirectory(path: string): Promise<void>;
  changeMode(path: string, mode: number): Promise<void>;
  changeOwner(path: string, uid: number, gid: number): Promise<void>;
  /** Makes new, renamed and removed names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

/** What an implementation provides; the rest is made of it, the same for the real disk and a simulated one. */
export type FilePrimitives = Omit<Files, "writeAtomically" | "makeDirectory"> & {
  makeOneDirectory(path: string, mode: number): Promise<void>;
};

/** Directories known to be durable; a few per machine. */
const durableMax = 10_000;

/** Completes the primitives. `tag` keeps the temporary names of two processes apart. */
export function filesFrom(primitives: FilePrimitives, tag: string): Files {
  let temporaries = 0;
  const makeDirectory = createMakeDirectory(primitives);
  const writeAtomically = async (path: string, bytes: Uint8Array, mode: number): Promise<void> => {
    const temporary = `${path}.${tag}-${temporaries++}.tmp`;
    try {
      await writeSynced(primitives, temporary, bytes, mode);
      await primitives.rename(temporary, path);
    } catch (error) {
      await primitives.remove(temporary).catch(() => undefined);
      throw error;
    }
    await primitives.syncDirectory(dirname(path));
  };
  return { ...primitives, makeDirectory, writeAtomically };
}

/** A name that cannot be made durable again by us was either never ours to make, or cannot be lost. */
const unsyncable = new Set(["EACCES", "EPERM", "EINVAL", "EROFS"]);

/** A directory that is there already may be there for us only: who made it may have been killed, or refused, before it was durable.
 *  So each is synced once in a process's life, made or found. */
function createMakeDirectory(primitives: FilePrimitives): Files["makeDirectory"] {
  const durable = new Set<string>();
  const makeDirectory = async (path: string, mode: number): Promise<void> => {
    const isFound = (await primitives.stat(path)) !== undefined;
    if (isFound && durable.has(path)) return;
    const above = dirname(path);
    if (above === path) return;
    await makeDirectory(above, mode);
    if (!isFound)
      await primitives.makeOneDirectory(path, mode).catch((error: unknown) => {
        if (errorCode(error) !== "EEXIST") throw error;
      });
    await primitives.syncDirectory(above).catch((error: unknown) => {
      if (!isFound || !unsyncable.has(errorCode(error) ?? "")) throw error;
    });
    if (durable.size >= durableMax) durable.clear();
    durable.add(path);
  };
  return makeDirectory;
}

async function writeSynced(files: FilePrimitives, path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await files.open(path, "ensure", mode);
  try {
    await file.truncate(0);
    await files.changeMode(path, mode);
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** From the working directory, as a person gives it. */
export const absolutePath = (path: string): string => resolve(path);

/** The operating system's name of an error (`ENOENT`), if it is one of its errors. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** The disk, or what its owner may have of it, is used up. */
export const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");

const flags: Record<OpenHow, number> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
  ensure: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

/** Copy-on-write file systems (btrfs, ZFS, bcachefs): an append needs new blocks whatever was reserved. */
const copyOnWriteTypes = new Set([0x9123683e, 0x2fc12fc1, 0xca451a4e]);

/** On macOS only a full fsync reaches the medium. */
const syncData = process.platform === "darwin" ? fs.fsync : fs.fdatasync;

/** A callback of node:fs as a promise. */
function settled<Value>(start: (done: (error: Error | null, value?: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as Value))));
}

/**
 * Writes what one call leaves over with the next; `writeFrom` answers how many bytes it took. One that takes none would be tried
 * for ever: it counts as an error of the disk.
 */
export async function writeWhole(
  path: string,
  length: number,
  writeFrom: (at: number) => Promise<number>,
): Promise<void> {
  for (let at = 0; at < length;) {
    const written = await writeFrom(at);
    if (written <= 0) throw Object.assign(new Error(`EIO: nothing is written, '${path}'`), { code: "EIO", path });
    at += written;
  }
}

function systemFile(path: string, descriptor: number): OpenFile {
  const readOnce = (into: Uint8Array, at: number, offset: number) =>
    settled<number>((done) => fs.read(descriptor, into, at, into.length - at, offset + at, done));
  const writeOnce = (bytes: Uint8Array, at: number, offset: number) =>
    settled<number>((done) => fs.write(descriptor, bytes, at, bytes.length - at, offset + at, done));
  const stats = () => settled<fs.Stats>((done) => fs.fstat(descriptor, done));
  const readAll = async (into: Uint8Array, offset: number) => {
    for (let at = 0; at < into.length;) {
      const got = await readOnce(into, at, offset);
      if (got <= 0) throw endsEarly(path);
      at += got;
    }
  };
  const copyTo = async (parts: readonly Part[], target: OpenFile, signal: AbortSignal) => {
    const mapping = (await isInMemory(descriptor)) ? mapFile(descriptor, (await stats()).size) : undefined;
    const source = mapping === undefined ? readSource(readAll) : mappedSource(path, mapping);
    await copyParts(parts, source, target.write, signal).finally(() => mapping?.close());
  };
  return {
    path,
    descriptor,
    read: async (offset, length) => {
      const into = new Uint8Array(length);
      let filled = 0;
      for (let got = -1; filled < length && got !== 0; filled += got) got = await readOnce(into, filled, offset);
      return filled === length ? into : into.subarray(0, filled);
    },
    write: (bytes, offset) => writeWhole(path, bytes.length, (at) => writeOnce(bytes, at, offset)),
    sync: () => settled((done) => syncData(descriptor, done)),
    size: async () => (await stats()).size,
    truncate: (size) => settled((done) => fs.ftruncate(descriptor, size, done)),
    reserve: async (offset, bytes) => {
      const { type } = await settled<fs.StatsFs>((done) => fs.statfs(dirname(path), done));
      return !copyOnWriteTypes.has(type) && reserveBlocks(descriptor, offset, bytes);
    },
    extents: async (gap) => dataExtents(descriptor, (await stats()).size, gap),
    copy: copyTo,
    seek: (offset) => void seek(descriptor, offset, "start"),
    lock: () => tryLock(descriptor),
    close: () => settled((done) => fs.close(descriptor, done)),
  };
}

function statusOf(stats: fs.Stats): FileStatus {
  const kind = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
  const { size: bytes, mode, uid, gid, mtimeMs: modifiedMs, ctimeMs: changedMs } = stats;
  // POSIX counts blocks of 512 bytes, whatever the file system's own are.
  return { kind, bytes, allocatedBytes: stats.blocks * 512, mode: mode & 0o7777, uid, gid, modifiedMs, changedMs };
}

/** The real file system. */
export const systemFiles: Files = filesFrom(
  {
    open: async (path, how, mode = 0o600) =>
      systemFile(path, await settled<number>((done) => fs.open(path, flags[how], mode, done))),
    read: (path) => fs.promises.readFile(path),
    list: async (directory) => (await fs.promises.readdir(directory)).sort(),
    stat: async (path) => {
      try {
        return statusOf(await fs.promises.stat(path));
      } catch (error) {
        if (errorCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    makeOneDirectory: (path, mode) => fs.promises.mkdir(path, { mode }),
    rename: (from, to) => fs.promises.rename(from, to),
    link: (existing, path) => fs.promises.link(existing, path),
    remove: (path) => fs.promises.unlink(path),
    removeDirectory: (path) => fs.promises.rmdir(path),
    changeMode: (path, mode) => fs.promises.chmod(path, mode),
    changeOwner: (path, uid, gid) => fs.promises.chown(path, uid, gid),
    syncDirectory: async (path) => {
      const descriptor = await settled<number>((done) => fs.open(path, fs.constants.O_RDONLY, done));
      try {
        await settled<void>((done) => fs.fsync(descriptor, done));
      } finally {
        await settled<void>((done) => fs.close(descriptor, done));
      }
    },
    space: async (path) => {
      const { bavail, blocks, bsize } = await fs.promises.statfs(path);
      return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    },
  },
  String(process.pid),
);
