/** Whose process is it, and why did it end? Judged from the record, the process table and the pid file, never from a pid alone. */
import type { StopCause } from "../../model/instance.ts";
import type { Files } from "../../sys/files.ts";
import type { ProcessFacts, ProcessIdentity } from "../../sys/process-facts.ts";
import type { Processes } from "../../sys/process.ts";
import type { Happening } from "../driver.ts";
import type { MachinePaths } from "./paths.ts";
import type { QmpEvent } from "./qmp.ts";
import type { LiveRecord } from "./run-record.ts";

export interface JudgePorts {
  readonly files: Files;
  readonly processes: Processes;
}

const pidFileBytesMax = 32;

export function isAlive(processes: Processes, { pid, startTime }: ProcessIdentity): boolean {
  return processes.facts(pid)?.startTime === startTime;
}

/**
 * The machine's process while it runs. When we died between starting it and writing that down, its pid file names it;
 * the machine itself can write that file, so the process must also be of its account and carry its name.
 */
export async function ownProcess(
  ports: JudgePorts,
  paths: MachinePaths,
  id: string,
  record: LiveRecord,
): Promise<ProcessIdentity | undefined> {
  if (record.process) return isAlive(ports.processes, record.process) ? record.process : undefined;
  const facts = ports.processes.facts(await readPid(ports.files, paths.pidFile));
  return facts && facts.uid === record.uid && isNamed(facts, id)
    ? { pid: facts.pid, startTime: facts.startTime }
    : undefined;
}

const isNamed = ({ argv }: ProcessFacts, id: string) => argv.some((word) => word.startsWith(`${id},process=`));

/** -1 when there is no pid to read. */
async function readPid(files: Files, path: string): Promise<number> {
  const status = await files.stat(path);
  if (status?.kind !== "file" || status.bytes > pidFileBytesMax) return -1;
  const pid = Number(
    Buffer.from(await files.read(path))
      .toString()
      .trim(),
  );
  return Number.isSafeInteger(pid) && pid > 0 ? pid : -1;
}

/** Why a process that is gone has ended: QEMU removes its pid file when a signal asks it to end, and leaves it when it crashes. */
export async function whyEnded(
  files: Files,
  { pidFile }: MachinePaths,
  { ending, ssh }: LiveRecord,
): Promise<StopCause> {
  if (ending !== undefined) return ending;
  return ssh === undefined || (await files.stat(pidFile)) !== undefined ? "crash" : "host";
}

/** Why a machine in this state of QEMU is off, though its process waits; undefined while it is not. */
export function whyPaused(status: string): StopCause | undefined {
  return status === "shutdown" ? "guest" : status === "guest-panicked" ? "panic" : undefined;
}

/** What an event tells the listeners, and whether it means that the machine is off. */
export function readEvent({ name, data }: QmpEvent): { happening?: Happening; isEnd?: true } {
  switch (name) {
    case "SHUTDOWN":
      return data["guest"] === true ? { isEnd: true } : {};
    case "GUEST_PANICKED":
      return { happening: { kind: "panicked" }, isEnd: true };
    case "RESET":
      return data["guest"] === true ? { happening: { kind: "reset" } } : {};
    case "BLOCK_IO_ERROR":
      if (data["action"] !== "stop") return {};
      return {
        happening: {
          kind: "paused",
          reason: data["nospace"] === true ? "no space for its disk on the host" : "its disk cannot be written",
        },
      };
    default:
      return {};
  }
}
