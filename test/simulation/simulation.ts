/** The real core behind its ports, in virtual time, on a disk and machines that fail: one seed is one run. */
import { createFakeWorld, type FakeWorld } from "../../src/drivers/fake-world.ts";
import type { Ids } from "../../src/sys/ids.ts";
import type { Request } from "./actions.ts";
import { createSimulatedClock, type SimulatedClock } from "./clock.ts";
import { createDisk, type SimulatedDisk } from "./disk.ts";
import { createLedger, directory, type Ledger } from "./ledger.ts";
import { live, settleAtLast } from "./lives.ts";
import { seededIds } from "./ports.ts";
import { type Random, seededRandom } from "./random.ts";
import { createTrouble, driverFaults, type Trouble } from "./trouble.ts";

const livesMax = 6;
/** What happened last is told with a failure. */
const traceMax = 60;
/** Segments that fill within a run, and some that do not. */
const segmentSizes = [4_000, 12_000, 16 << 20];

/** One run: the world that outlives each life of the daemon, and what is known about it. */
export interface Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly machines: FakeWorld;
  /** What the network has, as JSON; it outlives the daemon. */
  network: string;
  readonly ids: Ids;
  readonly ledger: Ledger;
  readonly trouble: Trouble;
  readonly segmentBytes: number;
  /** Requests sent, so that some are sent again, also to a later life. */
  readonly requests: Request[];
  /** What happened, newest last. */
  readonly trace: string[];
  /** What must never be; an error thrown in an effect would only fail its step. */
  readonly violations: string[];
  /** The daemon's process has ended by itself. */
  isDead: boolean;
  /** Counts processes: one that is over does nothing any more. */
  process: number;
  /** Of the host. */
  boots: number;
  /** How often what must hold was looked at. */
  checks: number;
  readOnlyLives: number;
}

/** What a run was like. */
export interface Ran {
  readonly checks: number;
  readonly lives: number;
  readonly readOnlyLives: number;
  readonly failedSegments: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Every file on the disk at the end but the lock, by path: the same for the same seed. */
  readonly content: ReadonlyMap<string, Uint8Array>;
}

/** Runs one seed to its end. Throws what went wrong, with what happened before it. */
export async function simulate(seed: number): Promise<Ran> {
  const simulation = createSimulation(seed);
  try {
    const lives = 1 + simulation.random.below(livesMax);
    for (let life = 1; life <= lives; life++) {
      note(simulation, `life ${life} of ${lives}`);
      await live(simulation);
    }
    note(simulation, "all faults off");
    await settleAtLast(simulation);
    return ranOf(simulation, lives);
  } catch (cause) {
    const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`seed ${seed}: ${message}\n${simulation.trace.join("\n")}`, { cause });
  }
}

/** Remembers what happened. */
export function note({ trace }: Simulation, what: string): void {
  trace.push(what);
  if (trace.length > traceMax) trace.shift();
}

export function createSimulation(seed: number): Simulation {
  const random = seededRandom(seed);
  const clock = createSimulatedClock();
  const die = () => {
    simulation.isDead = true;
    simulation.process++;
    disk.kill();
  };
  const trouble = createTrouble(random, die);
  const disk = createDisk({ capacityBytes: trouble.capacityBytes, beforeCall: trouble.beforeCall });
  const simulation: Simulation = {
    seed,
    random,
    clock,
    disk,
    // A call of a process that is gone may still be on its way when all faults are off: its death is not the next one's.
    network: "",
    machines: createFakeWorld({ clock, faults: driverFaults(random), onDeath: () => trouble.isOn() && die() }),
    ids: seededIds(random, clock),
    ledger: createLedger(disk),
    trouble,
    segmentBytes: segmentSizes[random.below(segmentSizes.length)] ?? 0,
    requests: [],
    trace: [],
    violations: [],
    isDead: false,
    process: 1,
    boots: 1,
    checks: 0,
    readOnlyLives: 0,
  };
  return simulation;
}

function ranOf({ disk, ledger, clock, checks, readOnlyLives }: Simulation, lives: number): Ran {
  const content = disk.content();
  // It names the process that the test runs in.
  content.delete(`${directory}/lock`);
  const failedSegments = [...content.keys()].filter((path) => path.endsWith(".failed")).length;
  return {
    checks,
    lives,
    readOnlyLives,
    failedSegments,
    events: ledger.position(),
    virtualMs: clock.elapsedMs(),
    content,
  };
}
