/** Power is cut thousands of times, at any call, also during recovery: nothing acknowledged is lost, nothing is half there. */
import { expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { createDisk, diskError } from "../../simulation/disk.ts";
import type { SimulatedDisk } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Random } from "../../simulation/random.ts";
import { batchOf, directory, fixedClock, open, readAll, settle } from "./bed.ts";

/** More for a long run: `STRATA_SEEDS=50000 bun test power`. */
const seeds = Number(process.env["STRATA_SEEDS"] ?? 100);
const roundsPerSeed = 3;
const clientsPerRound = 3;
const appendsPerClient = 12;
const timeoutMs = Math.max(60_000, seeds * 100);

/** What the outside world knows: the oracle does not look into the log's own state. */
interface Journal {
  /** Size of each batch that was sent. */
  readonly sent: Map<string, number>;
  readonly acknowledged: Set<string>;
  count: number;
}

interface Storm {
  readonly disk: SimulatedDisk;
  /** Cuts the power at the n-th call from now. */
  arm(calls: number): Promise<void>;
  readonly faults: { chance: number };
}

function createStorm(random: Random): Storm {
  let left = Number.POSITIVE_INFINITY;
  let struck: (() => void) | undefined;
  const faults = { chance: 0 };
  const failing = new Set(["write", "sync", "rename", "syncDirectory", "open"]);
  const disk = createDisk({
    reserves: random.chance(0.7),
    beforeCall: ({ operation, path }) => {
      if (--left === 0) {
        disk.crash(random);
        struck?.();
      }
      if (path.includes("/log/") && failing.has(operation) && random.chance(faults.chance))
        throw diskError("EIO", path);
    },
  });
  const arm = (calls: number) =>
    new Promise<void>((resolve) => {
      left = calls;
      struck = resolve;
    });
  return { disk, arm, faults };
}

/** Appends one batch after the other, some without waiting for the one before. */
async function client(log: EventLog, journal: Journal, random: Random): Promise<void> {
  for (let append = 0; append < appendsPerClient; append++) {
    const command = `c${journal.count++}`;
    const batch = batchOf(command, 1 + random.below(3));
    journal.sent.set(command, batch.events.length);
    try {
      const { durable } = log.append(batch);
      const noted = durable.then(() => void journal.acknowledged.add(command));
      if (random.chance(0.5)) await noted;
      else noted.catch(() => undefined);
    } catch {
      // A log that has become read-only: the batch was refused, and must not be there.
      return;
    }
  }
}

async function check(log: EventLog, journal: Journal): Promise<void> {
  const counts = new Map<string, number>();
  const revisions = new Map<string, number>();
  let position = 0;
  for (const record of await readAll(log)) {
    const revision = (revisions.get(record.stream) ?? 0) + 1;
    if (record.position !== ++position || record.revision !== revision)
      throw new Error(`wrong place: ${JSON.stringify(record)}`);
    revisions.set(record.stream, revision);
    if (record.by.kind === "user") counts.set(record.command, (counts.get(record.command) ?? 0) + 1);
  }
  const torn = [...counts].filter(([command, count]) => count !== journal.sent.get(command));
  const lost = [...journal.acknowledged].filter((command) => !counts.has(command));
  expect({ torn, lost }).toEqual({ torn: [], lost: [] });
}

/** A disk that does not even let the log be looked at, or locked: nothing is begun. */
function refused(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
  expect(["storage-unavailable", "log-unreadable"]).toContain(error.code);
}

/** One life of a data directory: opened, used, cut off, several times over. */
async function live(seed: number, faultChance: number): Promise<void> {
  const random = seededRandom(seed);
  const { disk, arm, faults } = createStorm(random);
  const journal: Journal = { sent: new Map(), acknowledged: new Set(), count: 0 };
  const segmentBytes = 1500 + random.below(6000);
  const isSealed = seed % 2 === 0;
  for (let round = 0; round < roundsPerSeed; round++) {
    const files = disk.boot();
    const clock = fixedClock();
    const cut = arm(5 + random.below(120));
    faults.chance = faultChance;
    const work = async () => {
      const opened = await open(files, { segmentBytes, clock, isSealed }).catch(refused);
      if (opened === undefined) return;
      const { log } = opened;
      const clients = Array.from({ length: clientsPerRound }, () => client(log, journal, random));
      await settle(random.below(4));
      clock.runTimers();
      await Promise.all(clients);
      clock.runTimers();
      if (random.chance(0.5)) await log.close();
    };
    await Promise.race([work(), cut]);
    await settle(2);
    void arm(Number.POSITIVE_INFINITY);
    faults.chance = 0;
    disk.crash(random);
    const { log } = await open(disk.boot(), { segmentBytes, isSealed });
    expect(log.mode()).toEqual({ kind: "writable" });
    await check(log, journal);
    const { damage, seals } = await verifyLog({ directory, files: disk.boot() });
    expect(damage).toBeUndefined();
    expect(seals.holding).toBe(seals.count);
    disk.crash(random);
  }
}

async function liveMany(firstSeed: number, faultChance: number): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    await live(seed, faultChance).catch((error: unknown) => {
      throw new Error(`seed ${seed}, faults ${faultChance}`, { cause: error });
    });
  }
}

test(
  `${seeds} lives with power cuts: every acknowledged batch is there, whole, once, and the chain holds`,
  () => liveMany(1, 0),
  timeoutMs,
);

test(
  `${seeds} lives with power cuts and failing writes and syncs: the same`,
  () => liveMany(1_000_001, 0.02),
  timeoutMs,
);
