/** Whose process is it, and why did it end? Judged from the record and the process table, never from a pid alone. */
import type { StopCause } from "../../model/instance.ts";
import type { Files } from "../../sys/files.ts";
import type { ProcessFacts, ProcessIdentity } from "../../sys/process-facts.ts";
import { isAlive, type Processes } from "../../sys/process.ts";
import { pausedForSpace } from "../driver.ts";
import type { Happening } from "../driver.ts";
import type { MachinePaths } from "./paths.ts";
import type { QmpEvent } from "./qmp.ts";
import type { LiveRecord } from "./run-record.ts";

/**
 * The machine's process while it runs. When we died between starting it and writing that down, it is the one of its
 * account that carries its name.
 */
export function ownProcess(processes: Processes, id: string, record: LiveRecord): ProcessIdentity | undefined {
  if (record.process) return isAlive(processes, record.process) ? record.process : undefined;
  const found = processes.list().find((facts) => facts.uid === record.uid && isNamed(facts, id));
  return found && { pid: found.pid, startTime: found.startTime };
}

const isNamed = ({ argv }: ProcessFacts, id: string) => argv.some((word) => word.startsWith(`${id},process=`));

/** Why a process that is gone has ended: it left its socket behind if it crashed, and removed it if a signal asked it to end. */
export async function whyEnded(files: Files, { qmp }: MachinePaths, { ending, ssh }: LiveRecord): Promise<StopCause> {
  if (ending !== undefined) return ending;
  return ssh === undefined || (await files.stat(qmp)) !== undefined ? "crash" : "host";
}

/**
 * Why a machine in this state of QEMU is off, though its process is there; undefined while it is not. QEMU is in the
 * same state when the guest has powered off and for a moment when a signal from the host ends it: an event told which.
 */
export function whyPaused(status: string, isSignalled: boolean): StopCause | undefined {
  if (isSignalled) return "host";
  return status === "shutdown" ? "guest" : status === "guest-panicked" ? "panic" : undefined;
}

export const pauseReason = (isForSpace: boolean): string =>
  isForSpace ? pausedForSpace : "its disk cannot be written";

/** What an event tells the listeners, and whether it means that the machine is off, or was ended by a signal. */
export function readEvent({ name, data }: QmpEvent): { happening?: Happening; isEnd?: true; isSignal?: true } {
  switch (name) {
    case "SHUTDOWN":
      if (data["reason"] === "host-signal") return { isSignal: true };
      return data["guest"] === true ? { isEnd: true } : {};
    case "GUEST_PANICKED":
      return { happening: { kind: "panicked" }, isEnd: true };
    case "RESET":
      return data["guest"] === true ? { happening: { kind: "reset" } } : {};
    case "BLOCK_IO_ERROR":
      if (data["action"] !== "stop") return {};
      return { happening: { kind: "paused", reason: pauseReason(data["nospace"] === true) } };
    case "RESUME":
      return { happening: { kind: "resumed" } };
    default:
      return {};
  }
}
