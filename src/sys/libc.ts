/** The few C library calls that the runtime does not offer: advisory file locks, block reservation, positions, memory limits. */
import { dlopen, ptr } from "bun:ffi";

const lockExclusive = 2;
const lockNonBlocking = 4;
const keepSize = 1;
const addressSpace = 9; // RLIMIT_AS
const openFiles = 7; // RLIMIT_NOFILE

/** Several names, since glibc, musl and macOS each call it differently; the first that loads is used. */
const libraryNames =
  process.platform === "darwin"
    ? ["libSystem.B.dylib"]
    : ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libc.so"];

/** Opens the first library that loads, or says which were tried. */
function firstOf<Library>(open: (name: string) => Library): Library {
  const failures: unknown[] = [];
  for (const name of libraryNames) {
    try {
      return open(name);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `no C library found, tried ${libraryNames.join(", ")}`);
}

/** Loads on first use and keeps what it loaded: a client that never locks never opens the library. */
export function onFirstUse<Library>(open: (name: string) => Library): () => Library {
  let library: Library | undefined;
  return () => (library ??= firstOf(open));
}

const locks = onFirstUse((name) => dlopen(name, { flock: { args: ["i32", "i32"], returns: "i32" } }));
const blocks = onFirstUse((name) =>
  dlopen(name, { fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" } }),
);
const positions = onFirstUse((name) => dlopen(name, { lseek: { args: ["i32", "i64", "i32"], returns: "i64" } }));
const limits = onFirstUse((name) => dlopen(name, { prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" } }));

/** Takes the exclusive lock of an open file without waiting. False: another open file holds it. It ends with the descriptor. */
export function tryLock(descriptor: number): boolean {
  return locks().symbols.flock(descriptor, lockExclusive | lockNonBlocking) === 0;
}

/** Reserves blocks for a range without changing the file's size. False: refused (no space, or not supported here). */
export function reserveBlocks(descriptor: number, offset: number, bytes: number): boolean {
  if (process.platform !== "linux") return false;
  return blocks().symbols.fallocate(descriptor, keepSize, offset, bytes) === 0;
}

/** What `lseek` counts from, or looks for; the latter two by these numbers on Linux only. */
export const seekFrom = { start: 0, data: 3, hole: 4 } as const;

/** Moves the position of an open file and answers it; -1: refused, or there is none such. */
export function seek(descriptor: number, offset: number, from: keyof typeof seekFrom): number {
  return Number(positions().symbols.lseek(descriptor, offset, seekFrom[from]));
}

/** Bounds the address space of a running process of ours; Linux only. False: refused, or not supported here. */
export function limitAddressSpace(pid: number, bytes: number): boolean {
  if (process.platform !== "linux") return false;
  return (
    limits().symbols.prlimit(pid, addressSpace, ptr(new BigUint64Array([BigInt(bytes), BigInt(bytes)])), null) === 0
  );
}

/** How many descriptors this process may have; Linux only. */
export function openFilesMax(): number {
  const now = new BigUint64Array(2);
  if (limits().symbols.prlimit(0, openFiles, null, ptr(now)) !== 0)
    throw new Error("the limit of open files is not told");
  return Number(now[0]);
}
