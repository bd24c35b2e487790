/** Files of a foreign folder: opened as what they are, never through a link, and never to be written. */
import { constants, lstatSync, readdirSync, readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { errorCode } from "./files.ts";

/** Names in one folder; more are no folder of what we read. */
const namesMax = 20_000;
/** A read of a pipe that somebody put there must not wait. */
const how = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface PlainFile {
  readonly path: string;
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Is it as it was when it was opened? By its size and times. */
  isUnchanged(): Promise<boolean>;
  /** Does a program hold a lock on it, as a hypervisor does on the disk of a machine that runs? Undefined: that cannot be told here. */
  isLocked(): Promise<boolean | undefined>;
  close(): Promise<void>;
}

/** As seen from where we are. */
export const absolutePath = (path: string): string => resolve(path);

/** Names in a folder that is one itself, sorted; undefined when there is nothing of that name. Throws what says what is wrong. */
export function listPlain(path: string): string[] | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status) return undefined;
  if (!status.isDirectory()) throw new Error(`${path} ${status.isSymbolicLink() ? "is a link" : "is no folder"}`);
  const names = readdirSync(path);
  if (names.length > namesMax) throw new Error(`${path} has more than ${namesMax} entries`);
  return names.sort();
}

/** Undefined when there is nothing of that name. Throws what says what is wrong with it. */
export async function openPlain(path: string): Promise<PlainFile | undefined> {
  const file = await open(path, how).catch((cause: unknown) => {
    const code = errorCode(cause);
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw new Error(`${path} is a link`, { cause });
    if (code === "EACCES") throw Object.assign(new Error(`${path} may not be read`, { cause }), { code });
    throw cause;
  });
  return file && described(path, file);
}

async function described(path: string, file: FileHandle): Promise<PlainFile> {
  const first = await file.stat({ bigint: true });
  if (!first.isFile()) {
    await file.close();
    throw new Error(`${path} is no file`);
  }
  return {
    path,
    bytes: Number(first.size),
    async read(offset, length) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
    async isUnchanged() {
      const now = await file.stat({ bigint: true });
      return now.size === first.size && now.mtimeNs === first.mtimeNs && now.ctimeNs === first.ctimeNs;
    },
    isLocked: async () => isInLocks(first.ino),
    close: () => file.close(),
  };
}

/** By the inode's number: file systems with several devices say another one here than in `stat`, and a wrong yes only asks for a look. */
function isInLocks(inode: bigint): boolean | undefined {
  if (process.platform !== "linux") return undefined;
  const locks = readFileSync("/proc/locks", "latin1");
  return locks.split("\n").some((line) => line.split(/\s+/).some((word) => word.endsWith(`:${inode}`)));
}

/** The whole of a small file, or undefined when there is none. Throws what says what is wrong with it. */
export async function readPlain(path: string, bytesMax: number): Promise<string | undefined> {
  const file = await openPlain(path);
  if (!file) return undefined;
  try {
    if (file.bytes > bytesMax) throw new Error(`${path} has ${file.bytes} bytes, more than ${bytesMax}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.read(0, file.bytes));
  } finally {
    await file.close();
  }
}
