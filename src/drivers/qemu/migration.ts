/** QEMU's migration as the driver uses it: memory that goes into a file which QEMU is handed open, or comes out of one. */
import { z } from "zod";
import { UserError, messageOf } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { OpenFile } from "../../sys/files.ts";
import { readStatus } from "./attach.ts";
import type { Qmp } from "./qmp.ts";

/** Under this name QEMU finds the file that it was handed. */
const handle = "memory";
const pollMs = 10;
/** QEMU moves no memory that other processes can open. */
const leavingOut = "x-ignore-shared";
/** The rate is not limited: the guest stands still for the last part of it. */
const unlimited = 2 ** 50;
/** What is left when the guest is stopped may take so long to write. */
const pauseMs = 100;
/** A guest that changes its memory faster than it is written is stopped after so many rounds, if what is left takes no longer than this. */
const passesMax = 6;
const patientPauseMs = 10_000;
/** What has been given up, or has only its last part to write, ends within that. */
const endDeadlineMs = 20_000;
/** Between two looks at what only takes a moment, the guest standing still. */
const stillPollMs = 2;

const Migration = z.object({
  status: z.string().optional(),
  "error-desc": z.string().optional(),
  ram: z.object({ "dirty-sync-count": z.int().optional() }).optional(),
});

const failed: ReadonlySet<string> = new Set(["failed", "cancelled"]);
/** The guest is stopped and waits to be told to go on. */
const waiting: ReadonlySet<string> = new Set(["paused", "postmigrate", "finish-migrate"]);

export const isWaiting = (status: string): boolean => waiting.has(status);

interface Progress {
  /** Undefined before the first one of a process. */
  readonly status: string | undefined;
  readonly why: string | undefined;
  readonly passes: number;
}

async function readMigration(qmp: Qmp): Promise<Progress> {
  const { status, "error-desc": why, ram } = Migration.parse(await qmp.execute("query-migrate"));
  return { status, why, passes: ram?.["dirty-sync-count"] ?? 0 };
}

/** `in parts`: before the last one it waits, the guest standing still, for `finishSaving`. */
export type SavingHow = "in parts" | "at once";
/** What others see too, the guest's memory, may go another way than through QEMU. */
export type What = "whole" | "without memory";

/** Makes QEMU ready to write a machine into `file`. */
export async function readySaving(qmp: Qmp, file: OpenFile, how: SavingHow, what: What): Promise<void> {
  const capabilities = [
    { capability: "pause-before-switchover", state: how === "in parts" },
    { capability: "events", state: true },
    { capability: leavingOut, state: what === "without memory" },
  ];
  await qmp.execute("migrate-set-capabilities", { capabilities });
  await qmp.execute("migrate-set-parameters", { "max-bandwidth": unlimited, "downtime-limit": pauseMs });
  await qmp.pass(handle, file);
}

/** Begins to write, from where the file stands. A guest that runs goes on until nearly all is written; QEMU stops it then. */
export async function beginSaving(qmp: Qmp): Promise<void> {
  await qmp.execute("migrate", { uri: `fd:${handle}` });
}

/** Begins to load a machine out of `file`, from where that stands, as it was saved. */
export async function beginLoading(qmp: Qmp, file: OpenFile, what: What): Promise<void> {
  const capabilities = [
    { capability: "events", state: true },
    { capability: leavingOut, state: what === "without memory" },
  ];
  await qmp.execute("migrate-set-capabilities", { capabilities });
  await qmp.pass(handle, file);
  await qmp.execute("migrate-incoming", { uri: `fd:${handle}` });
}

/** Waits between two looks; whoever hears of events may come back earlier. */
export type Pause = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Waits until a migration in either direction, which may take a moment to begin, has come to `goal`. Throws `memory-not-moved`. */
export async function untilMigration(
  qmp: Qmp,
  goal: "completed" | "pre-switchover",
  pause: Pause,
  signal: AbortSignal,
): Promise<void> {
  let isPatient = false;
  for (;;) {
    const { status, why, passes } = await readMigration(qmp);
    if (status === goal) return;
    if (status !== undefined && failed.has(status))
      throw new UserError("memory-not-moved", `QEMU did not move the memory: ${why ?? status}`);
    if (passes > passesMax && !isPatient) {
      await qmp.execute("migrate-set-parameters", { "downtime-limit": patientPauseMs });
      isPatient = true;
    }
    await pause(pollMs, signal);
  }
}

/** Has the last part written, the guest standing still. Answers why the memory is not whole, if so. */
export async function finishSaving(qmp: Qmp, clock: Clock, pause: Pause): Promise<string | undefined> {
  try {
    if ((await readMigration(qmp)).status === "pre-switchover")
      await qmp.execute("migrate-continue", { state: "pre-switchover" });
    const status = await untilEnded(qmp, clock, pause);
    return status === "completed" ? undefined : `QEMU says: ${status}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Gives up what is under way, and lets the guest run. Nothing under way, and it runs: confirms. */
export async function bringBack(qmp: Qmp, clock: Clock): Promise<void> {
  if (!isOver((await readMigration(qmp)).status)) {
    await qmp.execute("migrate_cancel");
    await untilEnded(qmp, clock, clock.sleep);
  }
  if (isWaiting(await untilLetGo(qmp, clock))) await qmp.execute("cont");
}

/** A migration says that it has completed a moment before it lets go of the machine, and until then QEMU refuses to go on. */
async function untilLetGo(qmp: Qmp, clock: Clock): Promise<string> {
  const late = clock.monotonicMs() + endDeadlineMs;
  for (;;) {
    const status = await readStatus(qmp);
    if (status !== "finish-migrate") return status;
    if (clock.monotonicMs() > late)
      throw new UserError("qmp-timeout", `QEMU did not let go of a migration within ${endDeadlineMs / 1000} s`);
    await clock.sleep(stillPollMs);
  }
}

/** How a migration has ended; undefined when there never was one. Throws `qmp-timeout`. */
async function untilEnded(qmp: Qmp, clock: Clock, pause: Pause): Promise<string | undefined> {
  const late = clock.monotonicMs() + endDeadlineMs;
  for (;;) {
    const { status } = await readMigration(qmp);
    if (isOver(status)) return status;
    if (clock.monotonicMs() > late)
      throw new UserError("qmp-timeout", `QEMU did not end a migration within ${endDeadlineMs / 1000} s`);
    await pause(stillPollMs);
  }
}

const isOver = (status: string | undefined): boolean =>
  status === undefined || status === "none" || status === "completed" || failed.has(status);
