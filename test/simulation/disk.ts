/** A disk in memory that can lose power at any call: unsynced sectors and unsynced names are kept or lost by chance. */
import { dirname } from "node:path";
import { filesFrom } from "../../src/sys/files.ts";
import type { FilePrimitives, Files, FileStatus, OpenFile, OpenHow } from "../../src/sys/files.ts";
import { createInode } from "./inode.ts";
import type { Inode } from "./inode.ts";
import { createNames } from "./names.ts";
import type { Names, Node } from "./names.ts";
import type { Random } from "./random.ts";

/** One call of the port, before it takes effect. `number` counts from 1 over the disk's whole life. */
export interface DiskCall {
  readonly number: number;
  readonly operation: string;
  readonly path: string;
  /** Of an `open`. */
  readonly how?: OpenHow;
}

export interface DiskOptions {
  /** Asked before each write; without it the disk never fills. */
  capacityBytes?: () => number;
  /** False: like a file system that cannot reserve blocks. */
  reserves?: boolean;
  /** Runs before each call: throws `diskError(...)` to make it fail, waits to make it slow, or cuts the power. */
  beforeCall?: (call: DiskCall) => void | Promise<void>;
}

export interface SimulatedDisk {
  /** The port for one run of a program. After `crash` or `kill`, calls of an earlier run never settle. */
  boot(): Files;
  /** Power is lost. */
  crash(random: Random): void;
  /** The program is gone, the kernel lives on: nothing written is lost. */
  kill(): void;
  calls(): number;
  usedBytes(): number;
  /** What is left of a file if power is lost now and nothing unsynced is kept. */
  medium(path: string): Uint8Array | undefined;
  /** Every file as programs see it. */
  content(): Map<string, Uint8Array>;
}

/** An error as the operating system gives it. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code, path });
}

/** Every call of a program passes here: it is counted, may be made to fail, and does not settle once its program is gone. */
type Call = <Value>(
  operation: string,
  path: string,
  work: () => Value,
  failed?: () => void,
  how?: OpenHow,
) => Promise<Value>;

interface Space {
  readonly reserves: boolean;
  freeBytes(): number;
  totalBytes(): number;
}

export function createDisk(options: DiskOptions = {}): SimulatedDisk {
  const names = createNames();
  let run = 0;
  let calls = 0;
  const inodes = () => new Set([...names.seen.values()].filter((node) => node.kind === "file"));
  const totalBytes = () => options.capacityBytes?.() ?? Number.MAX_SAFE_INTEGER;
  const usedBytes = () => {
    let used = 0;
    for (const inode of inodes()) used += inode.allocated();
    return used;
  };
  const freeBytes = () =>
    options.capacityBytes === undefined ? totalBytes() : Math.max(0, totalBytes() - usedBytes());
  const endRun = () => {
    run++;
    for (const inode of inodes()) inode.lockedBy = undefined;
  };
  const callsOf = (own: number): Call => {
    const never = new Promise<never>(() => undefined);
    return async (operation, path, work, failed, how) => {
      if (run !== own) return never;
      try {
        await options.beforeCall?.({ number: ++calls, operation, path, ...(how && { how }) });
      } catch (error) {
        if (run !== own) return never;
        failed?.();
        throw error;
      }
      return run === own ? work() : never;
    };
  };
  const space = { reserves: options.reserves !== false, freeBytes, totalBytes };
  return {
    boot: () => filesFrom(primitivesOn(names, callsOf(run), space), `run${run}`),
    crash: (random) => {
      endRun();
      const files = inodes();
      names.crash(random);
      for (const inode of new Set([...files, ...inodes()])) inode.crash(random);
    },
    kill: endRun,
    calls: () => calls,
    usedBytes,
    medium: (path) => {
      const node = names.stable.get(path);
      return node?.kind === "file" ? node.medium() : undefined;
    },
    content: () => {
      const files = [...names.seen].flatMap(([path, node]) =>
        node.kind === "file" ? [[path, node.read(0, node.size())] as const] : [],
      );
      return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

function openedFile(path: string, inode: Inode, call: Call, space: Space): OpenFile {
  const self = {};
  const write = (bytes: Uint8Array, offset: number) => {
    const growth = Math.max(0, offset + bytes.length - inode.allocated());
    const room = Math.max(0, bytes.length - Math.max(0, growth - space.freeBytes()));
    inode.write(bytes.subarray(0, room), offset);
    if (room < bytes.length) throw diskError("ENOSPC", path);
  };
  const writeHalf = (bytes: Uint8Array, offset: number) => inode.write(bytes.subarray(0, bytes.length >> 1), offset);
  const reserve = (offset: number, bytes: number) => {
    const isRefused = !space.reserves || offset + bytes - inode.allocated() > space.freeBytes();
    if (!isRefused) inode.reserveUpTo(offset + bytes);
    return !isRefused;
  };
  const unlock = () => {
    if (inode.lockedBy === self) inode.lockedBy = undefined;
  };
  return {
    path,
    read: (offset, length) => call("read", path, () => inode.read(offset, length)),
    write: (bytes, offset) =>
      call(
        "write",
        path,
        () => write(bytes, offset),
        () => writeHalf(bytes, offset),
      ),
    sync: () => call("sync", path, inode.sync, inode.failSync),
    size: () => call("size", path, inode.size),
    truncate: (size) => call("truncate", path, () => inode.truncate(size)),
    reserve: (offset, bytes) => call("reserve", path, () => reserve(offset, bytes)),
    extents: async () => [{ offset: 0, length: inode.size() }],
    copy: async (parts, target) => {
      for (const { offset, length, to } of parts) await target.write(inode.read(offset, length), to);
    },
    seek: () => {},
    lock: () => {
      if (inode.lockedBy !== undefined && inode.lockedBy !== self) return false;
      inode.lockedBy = self;
      return true;
    },
    close: () => call("close", path, unlock),
  };
}

function need({ seen }: Names, path: string): Node {
  const node = seen.get(path);
  if (node === undefined) throw diskError("ENOENT", path);
  return node;
}

function open(names: Names, path: string, how: OpenHow, mode: number): Inode {
  const node = names.seen.get(path);
  if (node?.kind === "directory") throw diskError("EISDIR", path);
  if (node !== undefined && how === "create") throw diskError("EEXIST", path);
  if (node !== undefined) return node;
  if (how === "read" || how === "write") throw diskError("ENOENT", path);
  if (need(names, dirname(path)).kind !== "directory") throw diskError("ENOTDIR", path);
  const inode = createInode(mode, 0, 0);
  names.change([[path, inode]]);
  return inode;
}

/** Moves a name, and with a directory everything below it. */
function move(names: Names, from: string, to: string): void {
  const node = need(names, from);
  const below = [...names.seen].filter(([path]) => node.kind === "directory" && path.startsWith(`${from}/`));
  const moved = [[from, node] as const, ...below];
  names.change([
    ...moved.map(([path]) => [path, undefined] as const),
    ...moved.map(([path, each]) => [to + path.slice(from.length), each] as const),
  ]);
}

const childrenOf = ({ seen }: Names, directory: string): string[] =>
  [...seen.keys()].filter((path) => path !== "/" && dirname(path) === directory);

/** Adds a name that must not exist yet. */
function add(names: Names, path: string, node: Node): void {
  if (names.seen.has(path)) throw diskError("EEXIST", path);
  need(names, dirname(path));
  names.change([[path, node]]);
}

function remove(names: Names, path: string): void {
  need(names, path);
  if (childrenOf(names, path).length > 0) throw diskError("ENOTEMPTY", path);
  names.change([[path, undefined]]);
}

function list(names: Names, directory: string): string[] {
  need(names, directory);
  return childrenOf(names, directory)
    .map((path) => path.slice(path.lastIndexOf("/") + 1))
    .sort();
}

function readWhole(names: Names, path: string): Uint8Array {
  const node = need(names, path);
  if (node.kind === "directory") throw diskError("EISDIR", path);
  return node.read(0, node.size());
}

function statusOf({ seen }: Names, path: string): FileStatus | undefined {
  const node = seen.get(path);
  if (node === undefined) return undefined;
  const { kind, mode, uid, gid } = node;
  const isFile = node.kind === "file";
  return {
    kind,
    mode,
    uid,
    gid,
    bytes: isFile ? node.size() : 0,
    allocatedBytes: isFile ? node.allocated() : 0,
    modifiedMs: isFile ? node.modifiedMs : 0,
    changedMs: isFile ? node.modifiedMs : 0,
  };
}

function primitivesOn(names: Names, call: Call, space: Space): FilePrimitives {
  const { freeBytes, totalBytes } = space;
  return {
    open: (path, how, mode = 0o600) =>
      call("open", path, () => openedFile(path, open(names, path, how, mode), call, space), undefined, how),
    read: (path) => call("read", path, () => readWhole(names, path)),
    list: (directory) => call("list", directory, () => list(names, directory)),
    stat: (path) => call("stat", path, () => statusOf(names, path)),
    makeOneDirectory: (path, mode) =>
      call("makeDirectory", path, () => add(names, path, { kind: "directory", mode, uid: 0, gid: 0 })),
    rename: (from, to) => call("rename", to, () => move(names, from, to)),
    link: (existing, path) => call("link", path, () => add(names, path, need(names, existing))),
    remove: (path) => call("remove", path, () => remove(names, path)),
    removeDirectory: (path) => call("removeDirectory", path, () => remove(names, path)),
    changeMode: (path, mode) => call("changeMode", path, () => void (need(names, path).mode = mode)),
    changeOwner: (path, uid, gid) =>
      call("changeOwner", path, () => void Object.assign(need(names, path), { uid, gid })),
    syncDirectory: (path) => call("syncDirectory", path, () => names.sync(path)),
    space: (path) => call("space", path, () => ({ freeBytes: freeBytes(), totalBytes: totalBytes() })),
  };
}
