/** Starts a program that outlives its starter, and reads what it wrote when it failed to live. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log beyond this is set aside (one older one is kept) before the program starts. */
const logBytesMax = 8 << 20;
/** As much of the log as a failure is looked for in. */
const tailBytesMax = 64 << 10;

export interface Detached {
  readonly pid: number;
  /** Its exit code once it has ended; undefined while it lives. A signal counts as 128 + n. */
  exitCode(): number | undefined;
  /** What it (and others beside it) wrote since it was started. */
  written(): string;
}

export interface DetachedOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Standard output and error are appended here; made with mode 0600, its directory with 0700. */
  readonly logFile: string;
}

/** Runs `command` in a session of its own, in `/`, without input. Throws when it cannot be executed. */
export function spawnDetached({ command, environment, logFile }: DetachedOptions): Detached {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > logBytesMax) renameSync(logFile, `${logFile}.1`);
  const log = openSync(logFile, "a", 0o600);
  try {
    const from = fstatSync(log).size;
    const child = Bun.spawn([...command], {
      detached: true,
      cwd: "/",
      env: { ...environment },
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    child.unref();
    return {
      pid: child.pid,
      exitCode: () => child.exitCode ?? (child.signalCode === null ? undefined : 128),
      written: () => readFrom(logFile, from),
    };
  } finally {
    closeSync(log);
  }
}

/** Nothing there yet: the next program to use it is the first. */
export const isMissing = (path: string): boolean => !existsSync(path);

function readFrom(path: string, offset: number): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(tailBytesMax);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, tailBytesMax, offset));
  } finally {
    closeSync(file);
  }
}
