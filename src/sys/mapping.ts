/** Files that are memory already, mapped: what is in them is written elsewhere without a copy of ours in between. Linux only. */
import { statfs, type StatsFs } from "node:fs";
import { dlopen, type Pointer, toArrayBuffer } from "bun:ffi";
import { onFirstUse } from "./libc.ts";

const readable = 1; // PROT_READ
const shared = 1; // MAP_SHARED
/** A process has no addresses behind this: what the call answers then is its failure. */
const addressMax = 2 ** 47;
/** tmpfs, which memfd is as well. */
const tmpfsType = 0x0102_1994;

const maps = onFirstUse((name) =>
  dlopen(name, {
    mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
    munmap: { args: ["ptr", "u64"], returns: "i32" },
  }),
);

/** Some bytes of a file, as they are at each moment. */
export interface Mapping {
  readonly bytes: number;
  /** To be handed to system calls only: a file that was cut meanwhile is an error there, and a crash elsewhere. Not after `close`. */
  part(offset: number, length: number): Uint8Array;
  close(): void;
}

/** Maps the first `bytes` of an open file to be read. Undefined: refused. */
export function mapFile(descriptor: number, bytes: number): Mapping | undefined {
  const start = Number(maps().symbols.mmap(null, bytes, readable, shared, descriptor, 0));
  if (start === 0 || start > addressMax) return undefined;
  return {
    bytes,
    part: (offset, length) => new Uint8Array(toArrayBuffer((start + offset) as Pointer, 0, length)),
    close: () => void maps().symbols.munmap(start as Pointer, bytes),
  };
}

/** Is what an open file holds in memory, not on a disk? */
export async function isInMemory(descriptor: number): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const status = await new Promise<StatsFs | undefined>((resolve) =>
    statfs(`/proc/self/fd/${descriptor}`, (error, found) => resolve(error ? undefined : found)),
  );
  return status?.type === tmpfsType;
}
