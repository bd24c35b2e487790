/** Starts the daemon when none answers, and waits for it within a limit; two clients at once end with one daemon. */
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { ExitCode, Hint } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Detached } from "../sys/detached.ts";
import type { Hello } from "./client.ts";

const readyMsMax = 15_000;
const goneMsMax = 30_000;
const pollMs = 5;
/** The code a daemon dies with when another holds its data directory. */
const heldCode = "daemon-running";
/** Variables that would turn the daemon into something else, or that concern this one command only. */
const strippedVariable = /^(BUN_|NODE_|STRATA_(HOST|REASON)$)/;

export interface DaemonStarter {
  /** Resolves with the greeting of the daemon that answers first, ours or another's. Throws why ours did not start. */
  start(probe: () => Promise<Hello | undefined>): Promise<Hello>;
  waitUntilGone(isGone: () => Promise<boolean>): Promise<void>;
}

export interface StarterParts {
  readonly directory: string;
  readonly clock: Clock;
  readonly spawn: (logFile: string) => Detached;
  /** Called once, when a daemon started for a data directory that did not exist before. */
  readonly onFirstStart: (hello: Hello) => void;
  readonly isNew: boolean;
}

export function createStarter({ directory, clock, spawn, onFirstStart, isNew }: StarterParts): DaemonStarter {
  const logFile = `${directory}/daemon.log`;
  return {
    async start(probe) {
      const deadline = clock.monotonicMs() + readyMsMax;
      let child = tryToSpawn(spawn, logFile);
      while (clock.monotonicMs() < deadline) {
        const hello = await probe();
        if (hello) {
          if (isNew) onFirstStart(hello);
          return hello;
        }
        const code = child.exitCode();
        if (code !== undefined) child = again(child, code, logFile, () => tryToSpawn(spawn, logFile));
        await clock.sleep(code === undefined ? pollMs : pollMs * 20);
      }
      throw failed(`it did not answer within ${readyMsMax / 1000} s`, logFile);
    },
    async waitUntilGone(isGone) {
      const deadline = clock.monotonicMs() + goneMsMax;
      while (!(await isGone())) {
        if (clock.monotonicMs() > deadline)
          throw new UserError("daemon-stays", `the daemon did not stop within ${goneMsMax / 1000} s`, {
            exit: exitCodes.unreachable,
          });
        await clock.sleep(pollMs);
      }
    },
  };
}

/** The environment of a daemon: the caller's, without what must not reach it. */
export function daemonEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  directory: string,
): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(([name]) => !strippedVariable.test(name));
  return { ...Object.fromEntries(kept), STRATA_HOME: directory };
}

function tryToSpawn(spawn: StarterParts["spawn"], logFile: string): Detached {
  try {
    return spawn(logFile);
  } catch (cause) {
    const why = messageOf(cause);
    const isRefused = /^(?:EACCES|EPERM|EROFS)/.test(why);
    throw new UserError("daemon-not-started", `the daemon could not be started: ${why}`, {
      exit: isRefused ? exitCodes.refused : exitCodes.unreachable,
      cause,
      hints: isRefused ? [["next", "set STRATA_HOME to a directory of your own"]] : [],
    });
  }
}

/** The daemon died. One that met another's lock lost a race (or came while that one stops): try again; else say why. */
function again(child: Detached, exitCode: number, logFile: string, spawn: () => Detached): Detached {
  const error = firstError(child.written());
  if (error?.code === heldCode) return spawn();
  const exit: ExitCode =
    exitCode === exitCodes.log || exitCode === exitCodes.refused ? exitCode : exitCodes.unreachable;
  if (!error) throw failed(`it ended with exit code ${exitCode}`, logFile, exit);
  throw new UserError(error.code, `the daemon did not start: ${error.message}`, {
    exit,
    hints: [...error.hints.slice(0, 2), ["log", logFile]],
  });
}

/** The first `error: WHAT [code]` of a log and the `  label  text` lines under it. */
export function firstError(log: string): { code: string; message: string; hints: Hint[] } | undefined {
  const lines = log.split("\n");
  const start = lines.findIndex((line) => line.startsWith("error: "));
  const [, message, code] = /^error: (.*?)(?: \[([a-z0-9-]+)\])?$/.exec(lines[start] ?? "") ?? [];
  if (message === undefined) return undefined;
  const hints: Hint[] = [];
  for (const line of lines.slice(start + 1)) {
    const [, label, text] = /^ {2}(\S(?:.*?\S)?) {2,}(\S.*)$/.exec(line) ?? [];
    if (label === undefined || text === undefined) break;
    hints.push([label, text]);
  }
  return { code: code ?? "daemon-not-started", message, hints };
}

function failed(why: string, logFile: string, exit: ExitCode = exitCodes.unreachable): UserError {
  return new UserError("daemon-not-started", `the daemon did not start: ${why}`, { exit, hints: [["log", logFile]] });
}
