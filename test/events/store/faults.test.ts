/** Every call of the store fails once, or from then on, with every error a disk gives: nothing acknowledged is lost, and the next start is sound. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { errorCode } from "../../../src/sys/files.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk, diskError } from "../../simulation/disk.ts";
import { diskErrors as errors } from "../../simulation/disk-errors.ts";
import { seededRandom } from "../../simulation/random.ts";
import { batchOf, directory, fixedClock, logFolder, open, readAll, settle } from "./bed.ts";

const segmentBytes = 2_500;
/** What a caller may be told; anything else is a bug. */
const answers = ["storage-unavailable", "log-unreadable", "log-closed"];

interface Journal {
  readonly sent: Map<string, number>;
  readonly acknowledged: Set<string>;
  /** Errors that reached the caller. */
  readonly told: UserError[];
}

interface Fault {
  readonly code: string;
  readonly isLasting: boolean;
  /** The how-manieth call of those that can fail so. */
  readonly at: number;
}

type Faulty = ReturnType<typeof faultyDisk>;

/** A disk with a fault; `met` says whether the run came as far. */
function faultyDisk({ code, isLasting, at }: Fault) {
  const state = { isOn: true, count: 0 };
  const canFail = errors[code] ?? (() => false);
  const disk = createDisk({
    beforeCall: (call) => {
      if (!state.isOn || !canFail(call)) return;
      state.count++;
      if (isLasting ? state.count >= at : state.count === at) throw diskError(code, call.path);
    },
  });
  const set = (isOn: boolean) => (state.isOn = isOn);
  return { disk, met: () => state.count >= at, set };
}

async function told(journal: Journal, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(answers).toContain(error.code);
    journal.told.push(error);
  }
}

/** Work whose failure the daemon notes and survives: it gets what the disk gives. */
async function tried(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof UserError) && errorCode(error) === undefined) throw error;
  }
}

async function send(log: EventLog, journal: Journal, commands: readonly string[], size: number): Promise<void> {
  const waiting = commands.map((command) =>
    told(journal, async () => {
      journal.sent.set(command, size);
      await log.append(batchOf(command, size)).durable;
      journal.acknowledged.add(command);
    }),
  );
  await Promise.all(waiting);
}

/** One life of a log with everything that it does to files: opening, rolling, head, index, checkpoint, reading, closing. */
async function live(files: Files, journal: Journal, life: string): Promise<void> {
  const clock = fixedClock();
  const { log } = await open(files, { segmentBytes, clock });
  const before = journal.told.length;
  await send(log, journal, [`${life}-a`], 1);
  clock.runTimers();
  await send(log, journal, [`${life}-b`, `${life}-c`, `${life}-d`], 3);
  await settle(5);
  const position = log.durable();
  if (position > 0) await tried(() => saveCheckpoint({ directory, files, log }, { position, versions: {}, state: {} }));
  await send(log, journal, [`${life}-e`, `${life}-f`], 1);
  await settle(5);
  clock.runTimers();
  await told(journal, async () => expectWhole(await readAll(log), journal));
  await told(journal, () => readAll(log, { stream: "instance/i-1", limit: 2 }));
  await told(journal, () => log.positionAt("2026-11-20T11:00:00.010Z"));
  if (journal.told.slice(before).some(({ code }) => code === "storage-unavailable")) expectReadOnly(log);
  await tried(log.close);
}

/** Two lives, and a torn end between them that the second has to repair. */
async function run({ disk, set }: Faulty, journal: Journal, fault: Fault): Promise<void> {
  const files = disk.boot();
  await told(journal, () => live(files, journal, "one"));
  disk.kill();
  const again = disk.boot();
  set(false);
  await tear(again);
  set(true);
  await told(journal, () => live(again, journal, "two"));
  await settle(3);
  const isPower = fault.at % 2 === 0;
  if (isPower) disk.crash(seededRandom(fault.at));
  else disk.kill();
}

/** A write that a crash cut short. */
async function tear(files: Files): Promise<void> {
  if ((await files.stat(logFolder)) === undefined) return;
  const newest = (await files.list(logFolder)).filter((name) => name.endsWith(".jsonl")).at(-1);
  if (newest === undefined) return;
  const file = await files.open(`${logFolder}/${newest}`, "write");
  await file.write(Buffer.from('{"position":9'), await file.size());
  await file.close();
}

function expectWhole(records: Awaited<ReturnType<typeof readAll>>, { sent, acknowledged }: Journal): void {
  const counts = new Map<string, number>();
  records.forEach(({ position, by, command }, at) => {
    expect(position).toBe(at + 1);
    if (by.kind === "user") counts.set(command, (counts.get(command) ?? 0) + 1);
  });
  expect([...acknowledged].filter((command) => !counts.has(command))).toEqual([]);
  expect([...counts].filter(([command, count]) => count !== sent.get(command))).toEqual([]);
}

function expectReadOnly(log: EventLog): void {
  const mode = log.mode();
  if (mode.kind === "writable") throw new Error("a caller was refused, and the log says that it can be written");
  expect(mode.error.message).toMatch(/: E[A-Z]+ on \/data\/log, (\d+ MiB free|free space unknown)$/);
  expect(mode.error.hints.map(([label]) => label)).toContain("next");
}

/** The whole run with this fault; false when it ended before the fault. */
async function survives(fault: Fault): Promise<boolean> {
  const faulty = faultyDisk(fault);
  const { disk, met, set } = faulty;
  const journal: Journal = { sent: new Map(), acknowledged: new Set(), told: [] };
  await run(faulty, journal, fault);
  const isMet = met();
  set(false);
  const files = disk.boot();
  const { log } = await open(files, { segmentBytes });
  expect(log.mode()).toEqual({ kind: "writable" });
  expectWhole(await readAll(log), journal);
  await send(log, journal, ["after"], 1);
  expect(journal.acknowledged.has("after")).toBe(true);
  expect((await verifyLog({ directory, files })).damage).toBeUndefined();
  await log.close();
  if (!isMet) expect(journal.acknowledged.size).toBe(13);
  return isMet;
}

describe.each(Object.keys(errors))("%s", (code) => {
  test.each([
    ["once", false],
    ["from then on", true],
  ] as const)(
    "%s, at every call",
    async (_when, isLasting) => {
      let at = 1;
      const next = () =>
        survives({ code, isLasting, at }).catch((cause: unknown) => {
          throw new Error(`${code}, ${_when}, at call ${at}`, { cause });
        });
      while (await next()) at++;
      expect(at).toBeGreaterThan(10);
      if (process.env["STRATA_FAULTS_SHOWN"]) console.log(code, _when, at - 1);
    },
    60_000,
  );
});
