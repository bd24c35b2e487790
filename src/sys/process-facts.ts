/** Who a pid really is: what the kernel says, never the pid alone. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What tells one process from another that has its pid later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque, stable for the life of the process; together with the host's boot id it is unique. */
  readonly startTime: string;
}

export interface ProcessFacts extends ProcessIdentity {
  readonly uid: number;
  readonly argv: readonly string[];
}

/** Undefined when no such process runs. */
export function readFacts(pid: number): ProcessFacts | undefined {
  return process.platform === "linux" ? factsFromProc(pid) : factsFromPs(pid);
}

/** Format: proc(5). The name in parentheses may hold anything, so fields are counted from the last one. */
function factsFromProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A killed process with many threads is a zombie before the last of them has let go of its files.
    if (fields[0] === "X" || (fields[0] === "Z" && Number(fields[17]) <= 1)) return undefined;
    const uid = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    const argv = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return { pid, startTime: fields[19] ?? "", uid: Number(uid), argv };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

function factsFromPs(pid: number): ProcessFacts | undefined {
  const { stdout } = Bun.spawnSync(["/bin/ps", "-ww", "-o", "state=,uid=,lstart=,command=", "-p", String(pid)]);
  const [, state, uid, startTime, command] =
    /^(\S+)\s+(\d+)\s+(\w{3} \w{3} +\d+ [\d:]+ \d{4})\s+(.*)$/s.exec(stdout.toString().trim()) ?? [];
  if (state === undefined || startTime === undefined || state.startsWith("Z")) return undefined;
  return { pid, startTime, uid: Number(uid), argv: (command ?? "").split(" ") };
}

/** What a process has used of the host. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Of USER_HZ, in which Linux tells times to programs, whatever its own clock. */
const ticksPerSecond = 100;

/** Undefined when that very process does not run, and where there is no /proc. Format: proc(5), `utime` and `stime` with all threads. */
export function readUsage({ pid, startTime }: ProcessIdentity): ProcessUsage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[19] !== startTime) return undefined;
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      residentBytes: Number(resident ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}

/** Every process that runs and whose facts may be read; Linux only, elsewhere nothing is found. */
export function listFacts(): ProcessFacts[] {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => factsFromProc(Number(pid))).filter((facts) => facts !== undefined);
}

/**
 * Where memory can be opened that a process made under this name (memfd_create(2)). Undefined: it has none, or several, or we may not
 * look. Whoever opens it asks again who the process is.
 */
export function findSharedMemory({ pid }: ProcessIdentity, name: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const paths = readdirSync(`/proc/${pid}/fd`).map((descriptor) => `/proc/${pid}/fd/${descriptor}`);
    const found = paths.filter((path) => targetOf(path) === `/memfd:${name} (deleted)`);
    return found.length === 1 ? found[0] : undefined;
  } catch {
    return undefined;
  }
}

/** What a descriptor is for; it may have been closed meanwhile. */
function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
