/** Other programs as a port: short runs within bounds, detached ones that outlive us, and who a pid really is. */
import { closeSync, constants, openSync } from "node:fs";
import { killGroup, startChild } from "./child.ts";
import { errorCode } from "./files.ts";
import { limitAddressSpace } from "./libc.ts";
import { startPiped } from "./piped.ts";
import type { Piped, PipedOptions } from "./piped.ts";
import { findSharedMemory, listFacts, readFacts, readUsage } from "./process-facts.ts";
import type { ProcessFacts, ProcessIdentity, ProcessUsage } from "./process-facts.ts";

/** An account to run under instead of our own; supplementary groups are always dropped then. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** How a program is started. */
export interface StartOptions {
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly account?: Account;
  /** Folders handed over as descriptors 3, 4, ...: below them, an account needs no permission above them. */
  readonly directories?: readonly string[];
  /** Files handed over for reading, as the descriptors after those: an account needs no permission for them. */
  readonly files?: readonly string[];
}

export interface RunOptions extends StartOptions {
  /** On its standard input; small. Without, there is none. */
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
  /** Of stdout and of stderr; more ends the program. */
  readonly outputBytesMax: number;
  /** Address space; Linux only, applied within the first moments of the program's life. */
  readonly memoryBytesMax?: number;
  readonly signal: AbortSignal;
}

export interface RunResult {
  /** Absent when a signal ended it. */
  readonly exitCode?: number;
  /** The timeout, the output bound or the caller ended it. */
  readonly stopped: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DetachedOptions extends StartOptions {
  /** stdout and stderr go here: emptied first, then appended to. */
  readonly outputPath: string;
}

/** Is it still that process, and not another one under its number? */
export const isAlive = (processes: Pick<Processes, "facts">, { pid, startTime }: ProcessIdentity): boolean =>
  processes.facts(pid)?.startTime === startTime;

export interface Processes {
  /** Runs to the end. Rejects when it cannot be started or the signal aborts. */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>;
  /** Starts one that is talked to while it runs. Throws `program-not-started`. */
  pipe(argv: readonly string[], options: PipedOptions): Piped;
  /** Starts in a session of its own, from `/`, with no descriptor but the standard and the named ones. */
  spawnDetached(argv: readonly string[], options: DetachedOptions): ProcessIdentity;
  /** Undefined when no such process runs; a zombie has ended. */
  facts(pid: number): ProcessFacts | undefined;
  /** What that very process has used; undefined when it is gone, or the host does not tell. */
  usage(identity: ProcessIdentity): ProcessUsage | undefined;
  /** Where the memory can be opened that a process shares under this name; undefined: there is none, or it is not for us. */
  sharedMemory(identity: ProcessIdentity, name: string): string | undefined;
  /** All that run; slower the more there are. */
  list(): ProcessFacts[];
  /** Signals that very process; false when it is gone or the pid is another's. */
  kill(identity: ProcessIdentity, signal: "SIGTERM" | "SIGKILL" | "SIGHUP"): boolean;
}

export const systemProcesses: Processes = {
  run: runBounded,
  pipe: startPiped,
  spawnDetached: (argv, options) => {
    const output = openSync(
      options.outputPath,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND,
      0o600,
    );
    try {
      const child = startChild(argv, options, output);
      child.unref();
      // One that failed at once has no facts; its output says why.
      return { pid: child.pid, startTime: readFacts(child.pid)?.startTime ?? "gone" };
    } finally {
      closeSync(output);
    }
  },
  facts: readFacts,
  usage: readUsage,
  sharedMemory: findSharedMemory,
  list: listFacts,
  kill: (identity, signal) => {
    if (readFacts(identity.pid)?.startTime !== identity.startTime) return false;
    try {
      process.kill(identity.pid, signal);
      return true;
    } catch (error) {
      if (errorCode(error) === "ESRCH") return false;
      throw error;
    }
  },
};

async function runBounded(argv: readonly string[], options: RunOptions): Promise<RunResult> {
  options.signal.throwIfAborted();
  const child = startChild(argv, options, "pipe", options.input);
  // On the child, and not through a shell's ulimit: a bare chroot has no shell.
  if (options.memoryBytesMax !== undefined) limitAddressSpace(child.pid, options.memoryBytesMax);
  let stopped = false;
  const stop = () => {
    stopped = true;
    // With whatever it started, which would hold its output open.
    killGroup(child.pid);
  };
  const timer = setTimeout(stop, options.timeoutMs);
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    const [stdout, stderr] = await Promise.all(
      [child.stdout, child.stderr].map((stream) => readText(stream, options.outputBytesMax, stop)),
    );
    await child.exited;
    options.signal.throwIfAborted();
    const exit = child.exitCode === null ? {} : { exitCode: child.exitCode };
    return { ...exit, stopped, stdout: stdout ?? "", stderr: stderr ?? "" };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", stop);
  }
}

async function readText(stream: unknown, bytesMax: number, stop: () => void): Promise<string> {
  if (!(stream instanceof ReadableStream)) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream as ReadableStream<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      stop();
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
