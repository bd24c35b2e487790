/** A disk in memory that can lose power at any call: unsynced sectors and unsynced names are kept or lost by chance. */
import { dirname } from "node:path";
import { filesFrom } from "../../src/sys/files.ts";
import type { FilePrimitives, Files, OpenFile, OpenHow } from "../../src/sys/files.ts";
import { createInode } from "./inode.ts";
import type { Inode } from "./inode.ts";
import type { Random } from "./random.ts";

/** One call of the port, before it takes effect. `number` counts from 1 over the disk's whole life. */
export interface DiskCall {
  readonly number: number;
  readonly operation: string;
  readonly path: string;
}

export interface DiskOptions {
  /** Without it the disk never fills. */
  capacityBytes?: number;
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
}

/** An error as the operating system gives it. */
export function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code, path });
}

interface Directory {
  readonly kind: "directory";
  mode: number;
  uid: number;
  gid: number;
}
type Node = Inode | Directory;
/** Names that change together; not durable until one of the directories is synced. */
interface NameChange {
  readonly directories: readonly string[];
  readonly entries: readonly (readonly [path: string, node: Node | undefined])[];
}

function createNames() {
  const root: Directory = { kind: "directory", mode: 0o700, uid: 0, gid: 0 };
  const seen = new Map<string, Node>([["/", root]]);
  const stable = new Map<string, Node>([["/", root]]);
  let unsynced: NameChange[] = [];
  const apply = (to: Map<string, Node>, change: NameChange) => {
    for (const [path, node] of change.entries) {
      if (node === undefined) to.delete(path);
      else if (to.has(dirname(path))) to.set(path, node);
    }
  };
  return {
    seen,
    change: (entries: NameChange["entries"]) => {
      const change = { directories: [...new Set(entries.map(([path]) => dirname(path)))], entries };
      apply(seen, change);
      unsynced.push(change);
    },
    sync: (directory: string) => {
      const isTouched = (change: NameChange) => change.directories.includes(directory);
      for (const change of unsynced.filter(isTouched)) apply(stable, change);
      unsynced = unsynced.filter((change) => !isTouched(change));
    },
    /** Each directory keeps its changes up to some point; a change of two directories needs both. */
    crash: (random: Random) => {
      const cut = new Set<string>();
      for (const change of unsynced) {
        const isLost = random.chance(0.3) || change.directories.some((directory) => cut.has(directory));
        if (isLost) for (const directory of change.directories) cut.add(directory);
        else apply(stable, change);
      }
      unsynced = [];
      seen.clear();
      for (const [path, node] of stable) seen.set(path, node);
    },
  };
}

export function createDisk(options: DiskOptions = {}): SimulatedDisk {
  const names = createNames();
  let run = 0;
  let calls = 0;

  const inodes = () => new Set([...names.seen.values()].filter((node) => node.kind === "file"));
  const freeBytes = () => {
    if (options.capacityBytes === undefined) return Number.MAX_SAFE_INTEGER;
    let used = 0;
    for (const inode of inodes()) used += inode.allocated();
    return Math.max(0, options.capacityBytes - used);
  };
  const releaseLocks = () => {
    for (const inode of inodes()) inode.lockedBy = undefined;
  };
  const need = (path: string): Node => {
    const node = names.seen.get(path);
    if (node === undefined) throw diskError("ENOENT", path);
    return node;
  };

  const boot = (): Files => {
    const own = run;
    const never = new Promise<never>(() => undefined);
    /** Every call passes here: it is counted, may be made to fail, and does not settle once its program is gone. */
    const call = async <Value>(
      operation: string,
      path: string,
      work: () => Value,
      failed?: () => void,
    ): Promise<Value> => {
      if (run !== own) return never;
      try {
        await options.beforeCall?.({ number: ++calls, operation, path });
      } catch (error) {
        if (run === own) failed?.();
        throw error;
      }
      return run === own ? work() : never;
    };

    const openFile = (path: string, inode: Inode): OpenFile => {
      const self = {};
      const write = (bytes: Uint8Array, offset: number) => {
        const growth = Math.max(0, offset + bytes.length - inode.allocated());
        const room = Math.max(0, bytes.length - Math.max(0, growth - freeBytes()));
        inode.write(bytes.subarray(0, room), offset);
        if (room < bytes.length) throw diskError("ENOSPC", path);
      };
      return {
        path,
        read: (offset, length) => call("read", path, () => inode.read(offset, length)),
        write: (bytes, offset) =>
          call(
            "write",
            path,
            () => write(bytes, offset),
            () => inode.write(bytes.subarray(0, bytes.length >> 1), offset),
          ),
        sync: () => call("sync", path, inode.sync, inode.failSync),
        size: () => call("size", path, inode.size),
        truncate: (size) => call("truncate", path, () => inode.truncate(size)),
        reserve: (offset, bytes) =>
          call("reserve", path, () => {
            const isRefused = options.reserves === false || offset + bytes - inode.allocated() > freeBytes();
            if (!isRefused) inode.reserveUpTo(offset + bytes);
            return !isRefused;
          }),
        lock: () => {
          if (inode.lockedBy !== undefined && inode.lockedBy !== self) return false;
          inode.lockedBy = self;
          return true;
        },
        close: () =>
          call("close", path, () => {
            if (inode.lockedBy === self) inode.lockedBy = undefined;
          }),
      };
    };

    const open = (path: string, how: OpenHow, mode: number): OpenFile => {
      const node = names.seen.get(path);
      if (node?.kind === "directory") throw diskError("EISDIR", path);
      if (node !== undefined && how === "create") throw diskError("EEXIST", path);
      if (node !== undefined) return openFile(path, node);
      if (how === "read" || how === "write") throw diskError("ENOENT", path);
      if (need(dirname(path)).kind !== "directory") throw diskError("ENOTDIR", path);
      const inode = createInode(mode, 0, 0);
      names.change([[path, inode]]);
      return openFile(path, inode);
    };

    const move = (from: string, to: string) => {
      const node = need(from);
      const below = [...names.seen].filter(([path]) => node.kind === "directory" && path.startsWith(`${from}/`));
      const moved = [[from, node] as const, ...below];
      names.change([
        ...moved.map(([path]) => [path, undefined] as const),
        ...moved.map(([path, each]) => [to + path.slice(from.length), each] as const),
      ]);
    };

    const primitives: FilePrimitives = {
      open: (path, how, mode = 0o600) => call("open", path, () => open(path, how, mode)),
      read: (path) =>
        call("read", path, () => {
          const node = need(path);
          if (node.kind === "directory") throw diskError("EISDIR", path);
          return node.read(0, node.size());
        }),
      list: (directory) =>
        call("list", directory, () => {
          need(directory);
          const inside = [...names.seen.keys()].filter((path) => path !== "/" && dirname(path) === directory);
          return inside.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
        }),
      stat: (path) =>
        call("stat", path, () => {
          const node = names.seen.get(path);
          if (node === undefined) return undefined;
          const { kind, mode, uid, gid } = node;
          const isFile = node.kind === "file";
          return { kind, mode, uid, gid, bytes: isFile ? node.size() : 0, modifiedMs: isFile ? node.modifiedMs : 0 };
        }),
      makeOneDirectory: (path, mode) =>
        call("makeDirectory", path, () => {
          if (names.seen.has(path)) throw diskError("EEXIST", path);
          need(dirname(path));
          names.change([[path, { kind: "directory", mode, uid: 0, gid: 0 }]]);
        }),
      rename: (from, to) => call("rename", to, () => move(from, to)),
      link: (existing, path) =>
        call("link", path, () => {
          if (names.seen.has(path)) throw diskError("EEXIST", path);
          names.change([[path, need(existing)]]);
        }),
      remove: (path) =>
        call("remove", path, () => {
          need(path);
          names.change([[path, undefined]]);
        }),
      removeDirectory: (path) =>
        call("removeDirectory", path, () => {
          need(path);
          if ([...names.seen.keys()].some((other) => other !== path && dirname(other) === path)) throw diskError("ENOTEMPTY", path);
          names.change([[path, undefined]]);
        }),
      changeMode: (path, mode) => call("changeMode", path, () => void (need(path).mode = mode)),
      changeOwner: (path, uid, gid) => call("changeOwner", path, () => void Object.assign(need(path), { uid, gid })),
      syncDirectory: (path) => call("syncDirectory", path, () => names.sync(path)),
      space: (path) =>
        call("space", path, () => ({
          freeBytes: freeBytes(),
          totalBytes: options.capacityBytes ?? Number.MAX_SAFE_INTEGER,
        })),
    };
    return filesFrom(primitives, `run${own}`);
  };

  return {
    boot,
    crash: (random) => {
      run++;
      releaseLocks();
      const files = inodes();
      names.crash(random);
      for (const inode of new Set([...files, ...inodes()])) inode.crash(random);
    },
    kill: () => {
      run++;
      releaseLocks();
    },
    calls: () => calls,
  };
}
