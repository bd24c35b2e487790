/** Runs a program and kills it at the n-th call that changes a directory, whichever of its threads makes it (strace counts each thread's own). */
import { cc, ptr } from "bun:ffi";
import { join } from "node:path";

export interface TracedRun {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Calls that change it or what is in it count. */
  readonly directory: string;
  /** They count once the program has named this path in a call; "" counts all. */
  readonly mark: string;
  /** The call that is not carried out; 0: none. */
  readonly killAt: number;
  /** How much of that call is carried out all the same, if it is a write with an offset. */
  readonly sixteenths: number;
  /** Where what it prints goes. */
  readonly output: string;
}

export interface Call {
  readonly name: string;
  readonly path: string;
  /** Of a write. */
  readonly bytes: number;
}

export interface Traced {
  /** Those that counted, the last one at most begun when the program was killed. */
  readonly calls: readonly Call[];
  readonly end: { readonly kind: "exit"; readonly code: number } | { readonly kind: "signal"; readonly signal: number };
}

/** A program of ours takes a tenth of a second. */
const secondsMax = 30;
const saidMax = 256 << 10;

const [path0, path1, descriptor, open, openat] = [0, 1, 2, 3, 4];
/** What changes a file or a directory, by its number on x86-64, and where it names it. */
const kinds: readonly (readonly [string, number, number])[] = [
  ["write", 1, descriptor],
  ["open", 2, open],
  ["pwrite64", 18, descriptor],
  ["writev", 20, descriptor],
  ["sendfile", 40, descriptor],
  ["fsync", 74, descriptor],
  ["fdatasync", 75, descriptor],
  ["truncate", 76, path0],
  ["ftruncate", 77, descriptor],
  ["rename", 82, path0],
  ["mkdir", 83, path0],
  ["rmdir", 84, path0],
  ["creat", 85, path0],
  ["link", 86, path0],
  ["unlink", 87, path0],
  ["chmod", 90, path0],
  ["fchmod", 91, descriptor],
  ["chown", 92, path0],
  ["fchown", 93, descriptor],
  ["openat", 257, openat],
  ["mkdirat", 258, path1],
  ["fchownat", 260, path1],
  ["unlinkat", 263, path1],
  ["renameat", 264, path1],
  ["linkat", 265, path1],
  ["fchmodat", 268, path1],
  ["fallocate", 285, descriptor],
  ["pwritev", 296, descriptor],
  ["renameat2", 316, path1],
  ["copy_file_range", 326, descriptor],
  ["openat2", 437, openat],
];
const names = new Map(kinds.map(([name, number]) => [number, name]));

const load = () =>
  cc({ source: join(import.meta.dir, "tracer.c"), symbols: { run: { args: ["ptr"], returns: "i32" } } });
let library: ReturnType<typeof load> | undefined;

/** Blocks until the program and all its threads are gone. Throws where processes cannot be traced so. */
export function runTraced(run: TracedRun): Traced {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("calls are traced on x86-64 Linux only");
  library ??= load();
  const said = Buffer.allocUnsafe(saidMax);
  const order = new BigUint64Array(14);
  // Referenced until the call is over: the order holds addresses only.
  const kept: (Buffer | BigUint64Array | Int32Array)[] = [];
  const text = (value: string) => address(Buffer.from(`${value}\0`));
  const texts = (values: readonly string[]) => address(new BigUint64Array([...values.map(text), 0n]));
  const address = (bytes: Buffer | BigUint64Array | Int32Array): bigint => (kept.push(bytes), BigInt(ptr(bytes)));
  const variables = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
  order.set([
    text(run.argv[0] ?? ""),
    texts(run.argv),
    texts(variables),
    text(run.directory),
    text(run.mark),
    address(new Int32Array(kinds.flatMap(([, number, where]) => [number, where]))),
    BigInt(kinds.length),
    BigInt(run.killAt),
    BigInt(run.sixteenths),
    BigInt(secondsMax),
    address(said),
    BigInt(saidMax),
    0n,
    text(run.output),
  ]);
  const status = library.symbols.run(ptr(order));
  if (status < 0 || kept.length === 0) throw new Error("the program could not be traced");
  return { calls: callsIn(said.subarray(0, said.indexOf(0)).toString()), end: endOf(status) };
}

const endOf = (status: number): Traced["end"] =>
  (status & 0x7f) === 0 ? { kind: "exit", code: status >> 8 } : { kind: "signal", signal: status & 0x7f };

const callsIn = (said: string): Call[] =>
  said
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [number, bytes, ...path] = line.split(" ");
      const name = names.get(Number(number)) ?? String(number);
      return { name, path: path.join(" "), bytes: /^p?write/.test(name) ? Number(bytes) : 0 };
    });
