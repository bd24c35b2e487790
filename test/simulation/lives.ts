/** The lives of a daemon on one disk: it starts, is used, and ends in one of the ways a process can. */
import { type Core, startCore } from "../../src/daemon/core.ts";
import { configurationHandlers } from "../../src/daemon/handlers/configuration.ts";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { laterHandlers } from "../../src/daemon/handlers/later.ts";
import { lifecycleHandlers } from "../../src/daemon/handlers/lifecycle.ts";
import { mountHandlers } from "../../src/daemon/handlers/mounts.ts";
import { networkHandlers } from "../../src/daemon/handlers/networks.ts";
import { createPast } from "../../src/daemon/past.ts";
import { pointHandlers } from "../../src/daemon/handlers/points.ts";
import { undoHandlers } from "../../src/daemon/handlers/undo.ts";
import { streamHandlers } from "../../src/daemon/handlers/streams.ts";
import { UserError } from "../../src/errors.ts";
import { type EventLog, openLog } from "../../src/events/store/log.ts";
import { errorCode, type Files } from "../../src/sys/files.ts";
import { bareDaemon } from "./bare-daemon.ts";
import { act } from "./actions.ts";
import { checkAtLast, checkNothingLost, checkStep, unsettled } from "./invariants.ts";
import { directory } from "./ledger.ts";
import { microtasks } from "./microtasks.ts";
import { folder, guestPort, keyring, orders, supply, vault, watchedDriver, waysOf } from "./ports.ts";
import { simulatedNetwork } from "./network.ts";
import { note, type Simulation } from "./simulation.ts";

const actionsMax = 14;
/** More virtual steps than any settling needs. */
const stepsMax = 5_000;
/** For so long no daemon may be there. */
const downMsMax = 30 * 60_000;
/** Turns between two looks at whether anything still happens. */
const turns = 200;

/** A daemon that runs. */
export interface Life {
  readonly log: EventLog;
  readonly files: Files;
  readonly core: Core;
  readonly handlers: ReturnType<typeof lifecycleHandlers> &
    ReturnType<typeof laterHandlers> &
    ReturnType<typeof mountHandlers> &
    ReturnType<typeof configurationHandlers> &
    ReturnType<typeof pointHandlers> &
    ReturnType<typeof networkHandlers> &
    ReturnType<typeof undoHandlers>;
  readonly follow: ReturnType<typeof streamHandlers>["operation.follow"];
  /** It could not write from its start on, and perhaps not read all. */
  readonly isReadOnly: boolean;
  /** What was last looked at. */
  checked: string;
}

/** One life of the daemon: it is used until it dies, is killed, loses its power or is stopped. */
export async function live(simulation: Simulation): Promise<void> {
  const { random, clock } = simulation;
  simulation.isDead = false;
  note(simulation, `disk: ${simulation.trouble.begin()}`);
  const life = await begin(simulation);
  const actions = life ? random.below(actionsMax) : 0;
  for (let action = 0; action < actions && life && !simulation.isDead; action++) {
    act(simulation, life);
    await microtasks(random.below(random.chance(0.3) ? 400 : 120));
    checkStep(simulation, life);
    if (random.chance(0.4)) clock.step();
  }
  if (random.chance(0.7)) await settle(simulation, life, random.below(50), () => false);
  if (life && random.chance(0.3)) await stop(simulation, life);
  if (life?.log.mode().kind === "read-only") simulation.readOnlyLives++;
  endLife(simulation);
}

/** An orderly end. */
async function stop(simulation: Simulation, { core, log }: Life): Promise<void> {
  note(simulation, "stopped");
  let isOver = false;
  // As `runDaemon` does: the log is closed whatever the core says.
  const closing = core.close("stop").finally(log.close);
  closing.then(
    () => (isOver = true),
    (error: unknown) => {
      isOver = true;
      expectDiskError(simulation, error);
    },
  );
  await settle(simulation, undefined, stepsMax, () => isOver);
  if (!isOver && !simulation.isDead) throw new Error("the daemon does not stop");
}

/** The process is gone; with power loss the machines are, too. */
function endLife(simulation: Simulation): void {
  const { random, disk, machines, clock } = simulation;
  if (random.chance(0.5)) disk.kill();
  else {
    note(simulation, "power is lost");
    disk.crash(random);
    machines.rebootHost();
    simulation.boots++;
  }
  simulation.process++;
  machines.listeners.clear();
  clock.forget();
  // Longer than most operations may take.
  if (random.chance(0.25)) clock.jump(random.below(downMsMax));
}

/** Opens the log and starts the core; undefined when the daemon died on the way, or could not start for its disk. */
export async function begin(simulation: Simulation): Promise<Life | undefined> {
  const { clock, disk } = simulation;
  let life: Life | undefined;
  let failure: unknown;
  startLife(simulation, disk.boot()).then(
    (started) => (life = started),
    (error: unknown) => (failure = error),
  );
  for (let turn = 0; turn < stepsMax && !life && !failure && !simulation.isDead; turn++) {
    await microtasks(50);
    checkStep(simulation, undefined);
    if (turn % 20 === 19) clock.step();
  }
  if (failure) expectDiskError(simulation, failure);
  if (!life && !failure && !simulation.isDead) throw new Error("the daemon does not start");
  return life;
}

/** A daemon ends, or does not start, for the errors of its disk; there is no other reason. */
function expectDiskError(simulation: Simulation, error: unknown): void {
  note(simulation, `the daemon ends: ${error instanceof Error ? error.message : String(error)}`);
  const isOfDisk = error instanceof UserError ? diskCodes.has(error.code) : errorCode(error) !== undefined;
  if (!isOfDisk || !simulation.trouble.isDiskBad()) throw error;
}

const diskCodes = new Set(["storage-unavailable", "log-unreadable", "log-closed"]);

async function startLife(simulation: Simulation, files: Files): Promise<Life> {
  const { clock, ids, ledger, violations, segmentBytes } = simulation;
  const { log } = await openLog({ directory, files, clock, ids, isSealed: true, segmentBytes });
  const mode = log.mode();
  if (mode.kind === "read-only") {
    note(simulation, `read-only: ${mode.error.message}`);
    if (mode.error.code !== "storage-unavailable" || !simulation.trouble.isDiskBad()) throw mode.error;
  }
  await checkNothingLost(simulation, log);
  log.subscribe((records) => {
    try {
      records.forEach(ledger.note);
    } catch (error) {
      violations.push(String(error));
    }
  });
  let core: Core | undefined;
  const report = (line: string) => {
    note(simulation, `reported: ${line}`);
    if (/bug:|is not a function|undefined/.test(line)) violations.push(line);
  };
  core = await startCore({
    directory,
    log,
    files,
    clock,
    ids,
    report,
    driver: () => watchedDriver(simulation, () => core),
    backends: () => ({ user: simulatedNetwork(simulation) }),
    vault,
    supply,
    orders,
    folder,
    keyring,
    guest: guestPort(simulation),
    ways: waysOf(simulation),
    started: { version: "0", pid: 1, boot: `boot ${simulation.boots}` },
  });
  const daemon: Daemon = {
    ...bareDaemon(directory),
    log,
    clock,
    ids,
    files,
    folder,
    vault,
    orders,
    report,
    ...core,
  };
  const past = createPast({ directory, files, log, clock });
  const handlers = {
    ...lifecycleHandlers(daemon),
    ...laterHandlers(daemon),
    ...mountHandlers(daemon),
    ...configurationHandlers(daemon),
    ...pointHandlers(daemon),
    ...networkHandlers(daemon, past),
    ...undoHandlers(daemon, past),
  };
  const follow = streamHandlers(daemon)["operation.follow"];
  const isReadOnly = log.mode().kind === "read-only";
  return { log, files, core, handlers, follow, isReadOnly, checked: "" };
}

/** Lets what is under way happen, moving the clock, for so many steps or until it is done. */
export async function settle(
  simulation: Simulation,
  life: Life | undefined,
  steps: number,
  isDone: () => boolean,
): Promise<void> {
  const { clock, disk } = simulation;
  for (let step = 0; step < steps && !simulation.isDead; step++) {
    for (let calls = -1; calls !== disk.calls();) {
      calls = disk.calls();
      await microtasks(turns);
    }
    checkStep(simulation, life);
    if (isDone() || !clock.step()) return;
  }
}

/** Faults off: whatever is pending must end, and belief and reality must meet and stay together. */
export async function settleAtLast(simulation: Simulation): Promise<void> {
  const { machines, trouble } = simulation;
  machines.faults.length = 0;
  trouble.end();
  simulation.isDead = false;
  const life = await begin(simulation);
  if (!life) throw new Error("the daemon does not start");
  let isMet = false;
  await settle(simulation, life, stepsMax, () => (isMet = unsettled(simulation, life) === undefined));
  if (!isMet) throw new Error(unsettled(simulation, life));
  // A purge that waited for its time, or a report that came late, must not undo it.
  await settle(simulation, life, 20, () => false);
  await settle(simulation, life, stepsMax, () => unsettled(simulation, life) === undefined);
  const problem = unsettled(simulation, life);
  if (problem !== undefined) throw new Error(problem);
  await checkAtLast(life);
  await stop(simulation, life);
}
