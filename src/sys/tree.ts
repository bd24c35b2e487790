/** Files as people have them, for copying: links are seen as links, times and rights are set, nothing is overwritten by opening it. */
import { constants, promises as fs, type Stats } from "node:fs";
import { errorCode } from "./files.ts";

export interface TreeStatus {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly bytes: number;
  readonly mode: number;
  readonly modifiedMs: number;
}

export interface TreeFile {
  /** Up to `length` bytes from `offset`; none at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  setAttributes(mode: number, seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** Names that are looked at together. */
const batchSize = 64;

function statusOf(stats: Stats): TreeStatus {
  const isOther = !stats.isFile() && !stats.isDirectory();
  const kind = stats.isSymbolicLink() ? "link" : isOther ? "other" : stats.isFile() ? "file" : "folder";
  return { kind, bytes: stats.size, mode: stats.mode, modifiedMs: stats.mtimeMs };
}

async function orAbsent<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

async function openWith(path: string, flags: number): Promise<TreeFile> {
  // Not held up by a pipe that nobody writes to, and never through a link.
  const file = await fs.open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  return {
    async read(offset, length) {
      const into = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(into, 0, length, offset);
      return into.subarray(0, bytesRead);
    },
    async write(bytes, offset) {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, offset + at);
        if (bytesWritten <= 0) throw Object.assign(new Error(`EIO: nothing is written, '${path}'`), { code: "EIO" });
        at += bytesWritten;
      }
    },
    async setAttributes(mode, seconds) {
      await file.chmod(mode);
      await file.utimes(seconds, seconds);
    },
    close: () => file.close(),
  };
}

export const tree = {
  status: async (path: string, follow: boolean): Promise<TreeStatus | undefined> => {
    const stats = await orAbsent(follow ? fs.stat(path) : fs.lstat(path));
    return stats && statusOf(stats);
  },
  /** Absolute, without links. */
  resolve: (path: string): Promise<string> => fs.realpath(path),
  /** What is in a folder; what vanishes meanwhile is left out. */
  async *entries(path: string): AsyncGenerator<readonly (TreeStatus & { readonly name: string })[]> {
    const names = (await fs.readdir(path)).sort();
    for (let at = 0; at < names.length; at += batchSize) {
      const batch = names.slice(at, at + batchSize);
      const found = await Promise.all(batch.map((name) => tree.status(`${path}/${name}`, false)));
      yield batch.flatMap((name, index) => {
        const status = found[index];
        return status ? [{ name, ...status }] : [];
      });
    }
  },
  readLink: (path: string): Promise<string> => fs.readlink(path),
  openToRead: (path: string): Promise<TreeFile> => openWith(path, constants.O_RDONLY),
  /** A new file, for its owner alone. */
  create: (path: string): Promise<TreeFile> =>
    openWith(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL),
  makeFolder: (path: string, mode: number): Promise<void> => fs.mkdir(path, { mode }),
  makeLink: (text: string, path: string): Promise<void> => fs.symlink(text, path),
  /** Of a folder. */
  setAttributes: async (path: string, mode: number, seconds: number): Promise<void> => {
    const folder = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await folder.utimes(seconds, seconds);
      await folder.chmod(mode);
    } finally {
      await folder.close();
    }
  },
  rename: (from: string, to: string): Promise<void> => fs.rename(from, to),
  remove: (path: string): Promise<void> => fs.unlink(path),
};
