/** A connection to a running machine: made with patience, verified by name, and asked the few things the driver wants to know. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { isAbsent } from "../../sys/socket.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Endpoint } from "../driver.ts";
import { pauseReason } from "./judge.ts";
import { commandDeadlineMs, connectQmp } from "./qmp.ts";
import type { Qmp, QmpHandlers, QmpPorts } from "./qmp.ts";

export interface AttachPlan {
  readonly id: string;
  readonly path: string;
  readonly deadlineMs: number;
  /** False ends the waiting: the process is gone. */
  isAlive(): boolean;
}

const pauseMs = 10;

/**
 * Connects, trying again while the socket is not there yet. Rejects with `machine-not-started` when the process ends,
 * `machine-unreachable` when it does not answer in time, `machine-mistaken` when another machine answers.
 */
export async function attach(
  ports: QmpPorts,
  plan: AttachPlan,
  handlers: QmpHandlers,
  signal: AbortSignal,
): Promise<Qmp> {
  const end = ports.clock.monotonicMs() + plan.deadlineMs;
  for (;;) {
    try {
      return await verify(await connectQmp(ports, { path: plan.path }, handlers, signal, plan.deadlineMs), plan);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAbsent(error)) throw error;
    }
    if (!plan.isAlive()) throw new UserError("machine-not-started", "QEMU ended before it answered");
    if (ports.clock.monotonicMs() > end)
      throw new UserError("machine-unreachable", `QEMU did not answer within ${plan.deadlineMs / 1000} s`);
    await ports.clock.sleep(pauseMs, signal);
  }
}

async function verify(qmp: Qmp, { id, deadlineMs }: AttachPlan): Promise<Qmp> {
  const named = z.object({ name: z.string() }).safeParse(await qmp.execute("query-name", undefined, deadlineMs)).data;
  if (named?.name === id) return qmp;
  qmp.close();
  throw new UserError("machine-mistaken", `the process behind the socket is not ${id}`);
}

/** QEMU's word for what the machine does: `running`, `shutdown`, `guest-panicked`, `io-error`, `paused`, ... */
export async function readStatus(qmp: Qmp, deadlineMs = commandDeadlineMs): Promise<string> {
  return z.object({ status: z.string() }).parse(await qmp.execute("query-status", undefined, deadlineMs)).status;
}

/** Why a machine in the state `io-error` waits (query-block, `io-status`: `nospace`, `failed` or `ok`). */
export async function readPause(qmp: Qmp): Promise<string> {
  const Drives = z.array(z.looseObject({ "io-status": z.string().optional() }));
  const drives = Drives.safeParse(await qmp.execute("query-block")).data ?? [];
  return pauseReason(drives.some((drive) => drive["io-status"] === "nospace"));
}

/** Where the guest's port 22 is reached; only the human monitor tells which port the kernel chose. */
export async function readEndpoint(qmp: Qmp): Promise<Endpoint> {
  const text = String(await qmp.execute("human-monitor-command", { "command-line": "info usernet" }));
  const [, port] = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+22\s/.exec(text) ?? [];
  if (port === undefined) throw new UserError("machine-unreachable", "QEMU does not forward the SSH port");
  return { host: "127.0.0.1", port: Number(port) };
}

/** Waits until `isAlive` says no; true when it did within `ms`. */
export async function waitGone(clock: Clock, isAlive: () => boolean, ms: number): Promise<boolean> {
  const end = clock.monotonicMs() + ms;
  while (isAlive()) {
    if (clock.monotonicMs() > end) return false;
    await clock.sleep(pauseMs);
  }
  return true;
}
