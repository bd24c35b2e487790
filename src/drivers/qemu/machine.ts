/** One machine as the driver's contract sees it: observe, start, stop, remove. */
import { UserError, messageOf } from "../../errors.ts";
import type {
  FreezePlan,
  Frozen,
  Happening,
  IdentityPlan,
  MergePlan,
  Observed,
  RewindPlan,
  SavedMemory,
  Started,
  StartPlan,
  StopHow,
} from "../driver.ts";
import type { ForwardPlan, Opened } from "../forwards.ts";
import type { Cables } from "../links.ts";
import type { Counters } from "../metrics.ts";
import { bootMachine, clearDirectory } from "./boot.ts";
import { createConsole } from "./console.ts";
import type { Console } from "./console.ts";
import type { QemuContext } from "./context.ts";
import { readCounters } from "./counters.ts";
import { readTop } from "./disk.ts";
import { applyForwards } from "./forwards.ts";
import { freeze } from "./freeze.ts";
import { instruct } from "./instruct.ts";
import { removeIfThere } from "./layers.ts";
import { bootDeadlineMs, complete, connect, disconnect, isRunning, isSuspended, judge, powerOff } from "./life.ts";
import type { Life, Running } from "./life.ts";
import { isPlugged, plug, unplug } from "./links.ts";
import { bootFromMemory, saveAndEnd } from "./memory.ts";
import { createMountDevices } from "./mount-devices.ts";
import type { MountDevices } from "./mount-devices.ts";
import { layerPath } from "./paths.ts";
import type { MachinePaths } from "./paths.ts";
import type { QmpEvent } from "./qmp.ts";
import { untilThawed } from "./quiet.ts";
import { rewind } from "./rewind.ts";
import { noteRun, readRun, startedOf } from "./run-record.ts";
import { setLink } from "./set-link.ts";
import { identify } from "./stranger.ts";
import { swapLayer } from "./swap.ts";
import { createTurns } from "../../sys/turns.ts";

export interface Machine {
  readonly console: Console;
  readonly mounts: MountDevices;
  observe(signal: AbortSignal): Promise<Observed>;
  start(plan: StartPlan, signal: AbortSignal): Promise<Started>;
  suspend(signal: AbortSignal): Promise<SavedMemory>;
  instruct(script: string, signal: AbortSignal): Promise<string>;
  identify(plan: IdentityPlan, signal: AbortSignal): Promise<void>;
  plug(cables: Cables, signal: AbortSignal): Promise<void>;
  isPlugged(signal: AbortSignal): Promise<boolean>;
  unplug(signal: AbortSignal): Promise<void>;
  /** Tells a running machine that its disk has `bytes` now; false: none runs. */
  resize(bytes: number, signal: AbortSignal): Promise<boolean>;
  /** As `ForwardSupport` says it. */
  forward(plan: ForwardPlan, signal: AbortSignal): Promise<readonly Opened[]>;
  setLink(isUp: boolean, signal: AbortSignal): Promise<void>;
  counters(): Promise<Counters>;
  /** Lets a guest go on that waits for its disk. */
  resume(signal: AbortSignal): Promise<void>;
  freeze(plan: FreezePlan, signal: AbortSignal): Promise<Frozen>;
  rewind(plan: RewindPlan, signal: AbortSignal): Promise<void>;
  /** Lets go of the files that a merged layer no longer stands on, if it runs. */
  swap(plan: MergePlan, signal: AbortSignal): Promise<void>;
  stop(how: StopHow, signal: AbortSignal): Promise<void>;
  /** Cuts the power if need be, then removes the files, the ones named here first. */
  remove(files: readonly string[], signal: AbortSignal): Promise<void>;
  /** Regular care while it runs: the console is moved to its file, QEMU's own output kept within its bound. */
  tend(): Promise<void>;
  /** Lets go of the connection and says nothing more. */
  release(): void;
}

/** The guest may be too early in its boot to hear the power button, so it is pressed again. */
const powerButtonPauseMs = 5_000;
const outputBytesMax = 2 ** 20;

/** `tell` hears what the machine does by itself, once somebody has been told that it runs. */
export function createMachine(
  context: QemuContext,
  id: string,
  paths: MachinePaths,
  tell: (happening: Happening) => void,
): Machine {
  const console = createConsole(context, paths.console, () => life.qmp);
  const closing = new AbortController();
  const shared = {
    qmp: undefined,
    paused: undefined,
    resetMs: Number.NEGATIVE_INFINITY,
    isKnown: false,
    isSignalled: false,
    isDetached: false,
    isReleased: false,
    closing: closing.signal,
    listeners: new Set<(event: QmpEvent) => void>(),
    thawing: undefined,
    waiting: new Set<() => void>(),
  };
  const life: Life = { context, id, paths, turns: createTurns(), console, tell, ...shared };
  return {
    console,
    mounts: createMountDevices(life),
    observe: (signal) => life.turns(() => observe(life, signal)),
    start: (plan, signal) => life.turns(() => start(life, plan, signal)),
    suspend: (signal) => life.turns(() => suspend(life, signal)),
    instruct: (script, signal) => life.turns(() => instruct(life, script, signal)),
    identify: (plan, signal) => life.turns(() => identify(life, plan, signal)),
    plug: (cables, signal) => life.turns(() => plug(life, cables, signal)),
    isPlugged: (signal) => life.turns(() => isPlugged(life, signal)),
    unplug: (signal) => life.turns(() => unplug(life, signal)),
    resize: (bytes, signal) => life.turns(() => resize(life, bytes, signal)),
    setLink: (isUp, signal) => life.turns(() => setLink(life, isUp, signal)),
    counters: () => readCounters(life),
    resume: (signal) => life.turns(() => resume(life, signal)),
    forward: (plan, signal) => life.turns(() => applyForwards(life, plan, signal)),
    freeze: (plan, signal) => life.turns(() => freeze(life, plan, signal)),
    rewind: (plan, signal) => life.turns(() => rewind(life, plan, signal)),
    swap: (plan, signal) => life.turns(() => swap(life, plan, signal)),
    stop: (how, signal) =>
      how === "graceful" ? stopGracefully(life, signal) : life.turns(() => cutPower(life, signal, how === "discarded")),
    remove: (layers, signal) => life.turns(() => remove(life, layers, signal)),
    tend: () => tend(life),
    release: () => {
      life.isReleased = true;
      life.isKnown = false;
      closing.abort();
      disconnect(life);
    },
  };
}

async function observe(life: Life, signal: AbortSignal): Promise<Observed> {
  if ((await life.context.files.stat(life.paths.hardware)) === undefined) return { power: "missing" };
  const seen = await judge(life, signal);
  if (typeof seen === "string") return { power: "off", cause: seen };
  if (isSuspended(seen)) return { power: "suspended", memoryBytes: seen.memoryBytes, build: seen.build };
  life.isKnown = true;
  return { power: "running", started: seen.started, ...(life.paused === undefined ? {} : { paused: life.paused }) };
}

async function resume(life: Life, signal: AbortSignal): Promise<void> {
  if (!isRunning(await judge(life, signal)) || life.paused === undefined) return;
  await life.qmp?.execute("cont");
}

async function start(life: Life, plan: StartPlan, signal: AbortSignal): Promise<Started> {
  const seen = await judge(life, signal);
  if (typeof seen === "string" && plan.resumes)
    throw new UserError("memory-missing", "the saved memory is gone, so it cannot go on where it was");
  const { started } = isRunning(seen)
    ? seen
    : isSuspended(seen)
      ? await bootFromMemory(life, seen, plan, signal)
      : await boot(life, plan, signal);
  // It may have paused for want of space on the host, which may be there again; or it has just loaded its memory.
  await life.qmp?.execute("cont");
  life.isKnown = true;
  await removeIfThere(life.context.files, life.paths.memory);
  return started;
}

async function suspend(life: Life, signal: AbortSignal): Promise<SavedMemory> {
  const seen = await judge(life, signal);
  if (typeof seen === "string") throw new UserError("machine-not-running", "the machine does not run");
  await untilThawed(life, signal);
  if (!isSuspended(seen)) return saveAndEnd(life, seen, signal);
  return { memoryBytes: seen.memoryBytes, build: seen.build };
}

async function resize(life: Life, bytes: number, signal: AbortSignal): Promise<boolean> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) return false;
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  await qmp.execute("block_resize", { "node-name": await readTop(qmp), size: bytes });
  return true;
}

async function swap(life: Life, plan: MergePlan, signal: AbortSignal): Promise<void> {
  const { files, dataDirectory } = life.context;
  const seen = await judge(life, signal);
  if (!isRunning(seen)) return;
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  const file = await files.open(layerPath(dataDirectory, plan.layer), "read");
  await swapLayer(qmp, plan, file).finally(() => file.close());
}

async function boot(life: Life, plan: StartPlan, signal: AbortSignal): Promise<Running> {
  const { context, paths } = life;
  const { record, identity } = await bootMachine(context, paths, life.id, plan, signal);
  try {
    const completed = await complete(life, record, identity, await connect(life, identity, bootDeadlineMs, signal));
    const started = startedOf(completed, identity);
    if (started) return { record: completed, identity, started };
    throw new UserError("machine-not-started", "QEMU forwards no SSH port");
  } catch (error) {
    const reason = (await lastWords(context, paths.output)) ?? messageOf(error);
    await powerOff(life, record, identity, "crash");
    signal.throwIfAborted();
    throw new UserError("machine-not-started", `QEMU did not start: ${reason}`, { cause: error });
  }
}

/** Asks the guest, and waits for as long as the signal allows; a guest that was given up on counts as running again. */
async function stopGracefully(life: Life, signal: AbortSignal): Promise<void> {
  let wake = () => {};
  const off = new Promise<void>((resolve) => (wake = resolve));
  life.waiting.add(wake);
  try {
    await life.turns(() => recordEnding(life, signal));
    await pressUntilOff(life, off, signal);
  } catch (error) {
    await life.turns(() => forgetEnding(life));
    throw error;
  } finally {
    life.waiting.delete(wake);
  }
}

async function recordEnding(life: Life, signal: AbortSignal): Promise<void> {
  const seen = await judge(life, signal);
  if (isRunning(seen)) await noteRun(life.context.files, life.paths.run, { ...seen.record, ending: "user" });
}

async function forgetEnding({ context, paths }: Life): Promise<void> {
  const record = await readRun(context.files, paths.run);
  if (record.phase !== "live") return;
  const { ending: _, ...still } = record;
  await noteRun(context.files, paths.run, still);
}

async function pressUntilOff(life: Life, off: Promise<void>, signal: AbortSignal): Promise<void> {
  while (isRunning(await life.turns(() => judge(life, signal)))) {
    await life.qmp?.execute("system_powerdown").catch(() => undefined);
    const done = new AbortController();
    const pause = life.context.clock.sleep(powerButtonPauseMs, AbortSignal.any([signal, done.signal]));
    await Promise.race([off, pause]).finally(() => done.abort());
  }
}

async function cutPower(life: Life, signal: AbortSignal, isDiscarded = false): Promise<void> {
  const seen = await judge(life, signal);
  if (isRunning(seen)) await powerOff(life, seen.record, seen.identity, "user", isDiscarded);
  if (!isSuspended(seen)) return;
  const { files } = life.context;
  await noteRun(files, life.paths.run, { phase: "ended", cause: "user" });
  await removeIfThere(files, life.paths.memory);
}

async function remove(life: Life, layers: readonly string[], signal: AbortSignal): Promise<void> {
  const { context, paths } = life;
  await cutPower(life, signal);
  for (const path of layers) await removeIfThere(context.files, path);
  await clearDirectory(context, paths.runtime);
  await clearDirectory(context, paths.directory, paths.hardware);
}

async function tend(life: Life): Promise<void> {
  if (life.qmp === undefined) return;
  await life.console.drain();
  await boundOutput(life.context, life.paths.output);
}

/** QEMU's own last line, which says why it would not start. */
async function lastWords({ files }: QemuContext, path: string): Promise<string | undefined> {
  const status = await files.stat(path);
  if (status === undefined || status.bytes > outputBytesMax) return undefined;
  return (
    Buffer.from(await files.read(path))
      .toString()
      .trim()
      .split("\n")
      .at(-1) || undefined
  );
}

/** QEMU appends, so what it writes after the cut starts at the front again. */
async function boundOutput({ files }: QemuContext, path: string): Promise<void> {
  if (((await files.stat(path))?.bytes ?? 0) <= outputBytesMax) return;
  const file = await files.open(path, "write");
  await file.truncate(0).finally(() => file.close());
}
