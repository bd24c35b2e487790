/** A machine's life: connecting to it, judging what is true of it, and seeing it off. Everything here runs in the machine's turn. */
import { UserError } from "../../errors.ts";
import type { StopCause } from "../../model/instance.ts";
import { isAlive } from "../../sys/process.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { Happening, Started } from "../driver.ts";
import { attach, readEndpoint, readPause, readStatus, waitGone } from "./attach.ts";
import { clearDirectory } from "./boot.ts";
import type { Console } from "./console.ts";
import type { QemuContext } from "./context.ts";
import { ownProcess, readEvent, whyEnded, whyPaused } from "./judge.ts";
import type { MachinePaths } from "./paths.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";
import { noteRun, readRun, startedOf, writeRun } from "./run-record.ts";
import type { LiveRecord, SuspendedRecord } from "./run-record.ts";
import type { Turns } from "../../sys/turns.ts";
import { letGoOn } from "./unfinished.ts";

/** What one machine's functions share. */
export interface Life {
  readonly context: QemuContext;
  readonly id: string;
  readonly paths: MachinePaths;
  readonly turns: Turns;
  readonly console: Console;
  tell(happening: Happening): void;
  /** The connection, while there is one. */
  qmp: Qmp | undefined;
  /** Somebody was told that it runs, and wants to hear when that changes. */
  isKnown: boolean;
  /** Why the guest waits for its disk, while it does. */
  paused: string | undefined;
  /** QEMU said that a signal from the host ends it. */
  isSignalled: boolean;
  /** When the guest restarted last, on the monotonic clock. */
  resetMs: number;
  /** Its cable is pulled, and stays so whatever else would put it in. */
  isDetached: boolean;
  /** The driver has let go: nothing more is begun. */
  isReleased: boolean;
  /** Aborts when the driver lets go. */
  readonly closing: AbortSignal;
  /** Hear each event of QEMU. */
  readonly listeners: Set<(event: QmpEvent) => void>;
  /** While the guest's agent is asked to let its file systems go on, again and again. */
  thawing: Promise<void> | undefined;
  /** Called when it is off. */
  readonly waiting: Set<() => void>;
}

export interface Running {
  readonly record: LiveRecord;
  readonly identity: ProcessIdentity;
  readonly started: Started;
}

/** From the spawn to the first answer. */
export const bootDeadlineMs = 15_000;
/** A machine that has answered before does so at once, unless it hangs or its host is very busy. */
const attachDeadlineMs = 2_000;
/** A look that takes longer finds out nothing: what is on record counts. */
const lookDeadlineMs = 3_000;
/** A closed connection is nearly always the end of the process; tearing down its memory takes a moment. */
const closeGraceMs = 2_000;
const quitDeadlineMs = 3_000;
const killDeadlineMs = 10_000;
const resetEchoMs = 2_000;
const backgroundDeadlineMs = 20_000;
const sshPort = 22;

export type Judged = Running | SuspendedRecord | StopCause;
export const isRunning = (seen: Judged): seen is Running => typeof seen !== "string" && "started" in seen;
export const isSuspended = (seen: Judged): seen is SuspendedRecord => typeof seen !== "string" && "phase" in seen;

/** What is true now: it runs, its memory is saved, or why it is off. Brings the record up to date and clears away what has ended. */
export async function judge(life: Life, signal: AbortSignal): Promise<Judged> {
  const { context, paths } = life;
  const record = await readRun(context.files, paths.run);
  if (record.phase === "ended") return record.cause;
  if (record.phase === "suspended") return judgeSaved(life, record);
  if (record.loading) return abandonLoading(life, record, record.loading);
  if (record.boot !== (await context.bootId())) return settle(life, "host");
  if (record.runtime !== paths.runtime) return settle(life, "lost");
  const identity = ownProcess(context.processes, life.id, record);
  if (identity === undefined) return settle(life, await whyEnded(context.files, paths, record));
  const answer = await ask(life, record, identity, signal);
  if (typeof answer === "string") return powerOff(life, record, identity, record.ending ?? answer);
  const started = startedOf(answer, identity);
  // One that never answered is no machine: nobody can reach or control it.
  return started ? { record: answer, identity, started } : powerOff(life, record, identity, "crash");
}

/** Memory that is gone is no machine that is suspended; a process that saved it and was not ended is ended now. */
async function judgeSaved(life: Life, record: SuspendedRecord): Promise<Judged> {
  const { context, paths } = life;
  const { process, boot, ...saved } = record;
  if (process && boot === (await context.bootId())) await backToSaved(life, process, saved);
  if ((await context.files.stat(paths.memory))?.bytes === saved.memoryBytes) return saved;
  await noteRun(context.files, paths.run, { phase: "ended", cause: "lost" });
  return "lost";
}

/** We died while it loaded its memory: the process is ended, the memory is still what there is. */
async function abandonLoading(life: Life, record: LiveRecord, saved: SuspendedRecord): Promise<SuspendedRecord> {
  const { context, id } = life;
  const isOurs = record.boot === (await context.bootId());
  const identity = isOurs ? ownProcess(context.processes, id, record) : undefined;
  return identity ? backToSaved(life, identity, saved) : writeRun(context.files, life.paths.run, saved);
}

/** Asks the machine itself: why it is off though its process waits, or its completed record. What it does not answer stays as recorded. */
async function ask(
  life: Life,
  record: LiveRecord,
  identity: ProcessIdentity,
  signal: AbortSignal,
): Promise<LiveRecord | StopCause> {
  try {
    const qmp = await connect(life, identity, record.ssh ? attachDeadlineMs : bootDeadlineMs, signal);
    if (qmp.isSilent()) return record;
    const status = await readStatus(qmp, lookDeadlineMs);
    // The event may have come before anybody listened.
    life.paused = status === "io-error" ? (life.paused ?? (await readPause(qmp))) : undefined;
    const cause = whyPaused(status, life.isSignalled);
    if (cause !== undefined) return cause;
    const settled = await letGoOn(life, record, qmp, status);
    return settled.ssh ? settled : await complete(life, settled, identity, qmp);
  } catch {
    signal.throwIfAborted();
    return record;
  }
}

/** Adds what only the running machine knows. */
export async function complete(
  { context, paths }: Life,
  record: LiveRecord,
  identity: ProcessIdentity,
  qmp: Qmp,
): Promise<LiveRecord> {
  const ssh = record.address === undefined ? await readEndpoint(qmp) : { host: record.address, port: sshPort };
  return writeRun(context.files, paths.run, { ...record, process: identity, ssh });
}

/** The connection to the machine, made when there is none; rejects like `attach`. */
export async function connect(
  life: Life,
  identity: ProcessIdentity,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Qmp> {
  const { context, id, paths } = life;
  const plan = {
    id,
    path: paths.qmp,
    deadlineMs,
    isAlive: () => !life.isReleased && isAlive(context.processes, identity),
  };
  const handlers = { event: (event: QmpEvent) => hear(life, event), closed: () => notice(life, identity) };
  life.qmp ??= await attach(context, plan, handlers, signal);
  return life.qmp;
}

/** The connection to the machine, if it runs. */
export async function reach(life: Life, signal: AbortSignal): Promise<Qmp | undefined> {
  const seen = await judge(life, signal);
  return isRunning(seen) ? connect(life, seen.identity, bootDeadlineMs, signal) : undefined;
}

export function disconnect(life: Life): void {
  const { qmp } = life;
  life.qmp = undefined;
  qmp?.close();
}

function hear(life: Life, event: QmpEvent): void {
  for (const listener of life.listeners) listener(event);
  const { happening, isEnd, isSignal } = readEvent(event);
  if (isSignal) life.isSignalled = true;
  const isNews = happening !== undefined && life.isKnown && !isEcho(life, happening);
  if (happening?.kind === "paused") life.paused = happening.reason;
  if (happening?.kind === "resumed") life.paused = undefined;
  if (isNews) life.tell(happening);
  if (isEnd) judgeLater(life, () => Promise.resolve());
}

/** Is it no news? A PC's firmware resets the machine a few times more on the way through one restart of the guest. */
function isEcho(life: Life, { kind }: Happening): boolean {
  // Every request that fails says so, and a machine also goes on after its memory was loaded.
  if (kind === "paused") return life.paused !== undefined;
  if (kind === "resumed") return life.paused === undefined;
  if (kind !== "reset") return false;
  const now = life.context.clock.monotonicMs();
  const isSoon = now - life.resetMs < resetEchoMs;
  life.resetMs = now;
  return isSoon;
}

/** Until the next event of QEMU, but for at most `ms`. Rejects with the signal's reason. */
export async function untilEvent({ listeners, context }: Life, ms: number, signal?: AbortSignal): Promise<void> {
  const heard = new AbortController();
  const hearOne = () => heard.abort();
  listeners.add(hearOne);
  await context.clock
    .sleep(ms, signal ? AbortSignal.any([signal, heard.signal]) : heard.signal)
    .catch(() => signal?.throwIfAborted())
    .finally(() => listeners.delete(hearOne));
}

/** Looks at what QEMU does are apart by some milliseconds, or by less when it says something. */
export const pauseOf =
  (life: Life) =>
  (ms: number, signal?: AbortSignal): Promise<void> =>
    untilEvent(life, ms, signal);

/** The connection has ended, and not by us. */
function notice(life: Life, identity: ProcessIdentity): void {
  if (life.qmp === undefined) return;
  life.qmp = undefined;
  judgeLater(life, () => waitGone(life.context.clock, () => isAlive(life.context.processes, identity), closeGraceMs));
}

/** Nobody waits for this; when it fails, the next inspect finds the same and says so. */
function judgeLater(life: Life, first: () => Promise<unknown>): void {
  const work = async () => {
    if (life.isReleased) return;
    await first();
    const patience = new AbortController();
    const cancel = life.context.clock.after(backgroundDeadlineMs, () => patience.abort());
    await judge(life, patience.signal).finally(cancel);
  };
  life.turns(work).catch(() => undefined);
}

/** Ends the process (at once, when its disk is discarded), the last words on the console saved first. The cause is recorded before, so that it survives us. */
export async function powerOff(
  life: Life,
  record: LiveRecord,
  identity: ProcessIdentity,
  cause: StopCause,
  isDiscarded = false,
): Promise<StopCause> {
  const { files, clock, processes } = life.context;
  await noteRun(files, life.paths.run, { ...record, process: identity, ending: cause });
  await life.console.drain();
  const { qmp } = life;
  life.qmp = undefined;
  const isQuitting = !isDiscarded && (await quits(qmp));
  qmp?.close();
  const alive = () => isAlive(processes, identity);
  if (!isQuitting || !(await waitGone(clock, alive, quitDeadlineMs))) processes.kill(identity, "SIGKILL");
  if (await waitGone(clock, alive, killDeadlineMs)) return settle(life, cause);
  throw new UserError("process-stuck", `QEMU, process ${identity.pid}, does not end though it was killed`);
}

/** Asks QEMU to end; one that does not hear anything is not asked. */
async function quits(qmp: Qmp | undefined): Promise<boolean> {
  if (qmp === undefined || qmp.isSilent()) return false;
  return qmp.execute("quit", {}, quitDeadlineMs).then(
    () => true,
    () => false,
  );
}

/** The process is gone: record why, remove its sockets, tell whoever wants to know. */
async function settle(life: Life, cause: StopCause): Promise<StopCause> {
  const { context, paths } = life;
  disconnect(life);
  await noteRun(context.files, paths.run, { phase: "ended", cause });
  await clearDirectory(context, paths.runtime);
  if (life.isKnown && cause !== "user") life.tell({ kind: "ended", cause });
  life.isKnown = false;
  life.isSignalled = false;
  life.paused = undefined;
  for (const wake of life.waiting) wake();
  return cause;
}

/** Ends the process and says again that the memory is what there is. */
export async function backToSaved(
  life: Life,
  identity: ProcessIdentity,
  saved: SuspendedRecord,
): Promise<SuspendedRecord> {
  await endSaved(life, identity);
  return writeRun(life.context.files, life.paths.run, saved);
}

/** Ends a process whose memory is on disk: nothing in it is needed any more. */
export async function endSaved(life: Life, identity: ProcessIdentity): Promise<void> {
  const { processes, clock } = life.context;
  disconnect(life);
  life.isKnown = false;
  life.isSignalled = false;
  processes.kill(identity, "SIGKILL");
  if (!(await waitGone(clock, () => isAlive(processes, identity), killDeadlineMs)))
    throw new UserError("process-stuck", `QEMU, process ${identity.pid}, does not end though it was killed`);
  await clearDirectory(life.context, life.paths.runtime);
}
