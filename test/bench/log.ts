/** Figures of the event log as ratios against the bare file: `bun test/bench/log.ts [events]`. Prints, asserts nothing. */
import { createHash } from "node:crypto";
import {
  fdatasync,
  mkdtempSync,
  openSync,
  rmSync,
  closeSync,
  write,
  truncateSync,
  statSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonActor } from "../../src/events/envelope.ts";
import type { Batch } from "../../src/events/envelope.ts";
import { verifyLog } from "../../src/events/store/audit.ts";
import { loadCheckpoint, saveCheckpoint } from "../../src/events/store/checkpoint.ts";
import { openLog } from "../../src/events/store/log.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";

const events = Number(process.argv[2] ?? 1_000_000);
const appenders = 100;
const roundsPerPair = 200;
const pairs = 7;

const workspace = mkdtempSync(join(tmpdir(), "strata-bench-log-"));
const open = async (name: string): Promise<EventLog> =>
  (await openLog({ directory: join(workspace, name), files: systemFiles, clock: systemClock, ids: systemIds })).log;

const user = { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix", pid: 812, login: 1000 } as const;
function batch(index: number): Batch {
  const data = { number: index, state: "running", address: "10.0.2.15", note: "what a usual record carries" };
  const event = { type: "instance.started", version: 1, stream: `instance/i-${index % 500}`, data };
  return {
    events: [event],
    command: `01a1f952-8474-7445-a3b6-${index}`,
    operation: `op-${index >> 2}`,
    by: index % 2 ? user : daemonActor,
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const perSecond = (count: number, ms: number): string => `${Math.round(count / ms)}k/s`;

/** Each appender sends its next event when the last one is durable. */
async function appendAtOnce(log: EventLog): Promise<number> {
  const started = performance.now();
  const appender = async (id: number) => {
    for (let round = 0; round < roundsPerPair; round++) await log.append(batch(round * appenders + id)).durable;
  };
  await Promise.all(Array.from({ length: appenders }, (_, id) => appender(id)));
  return performance.now() - started;
}

/** The same groups of lines straight to a file: one write and one fdatasync per group. `chained`: lines are also built and hashed. */
async function bareFile(path: string, chained: boolean): Promise<number> {
  const descriptor = openSync(path, "w");
  const ready = Buffer.alloc(appenders * 470, "x");
  let previous = "0".repeat(64);
  let offset = 0;
  const started = performance.now();
  for (let round = 0; round < roundsPerPair; round++) {
    const lines: string[] = [];
    for (let id = 0; chained && id < appenders; id++) {
      const line = JSON.stringify({
        position: offset,
        time: "2026-11-20T11:00:00.123Z",
        ...batch(round * appenders + id),
        previous,
      });
      previous = createHash("sha256").update(line).digest("hex");
      lines.push(`${line.slice(0, -1)},"hash":"${previous}"}\n`);
    }
    const bytes = chained ? Buffer.from(lines.join("")) : ready;
    await new Promise((done) => write(descriptor, bytes, 0, bytes.length, offset, done));
    await new Promise((done) => fdatasync(descriptor, done));
    offset += bytes.length;
  }
  const took = performance.now() - started;
  closeSync(descriptor);
  return took;
}

async function compareAppends(): Promise<void> {
  const log = await open("appends");
  const figures: { ours: number; bare: number; chained: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const bare = await bareFile(join(workspace, "bare"), false);
    const ours = await appendAtOnce(log);
    const chained = await bareFile(join(workspace, "bare"), true);
    figures.push({ ours, bare, chained });
  }
  await log.close();
  const count = appenders * roundsPerPair;
  const of = (name: "ours" | "bare" | "chained") => median(figures.map((each) => each[name]));
  console.log(`${appenders} appenders at once     ${perSecond(count, of("ours"))}`);
  console.log(
    `  bare file, ready bytes   ${perSecond(count, of("bare"))}, ratio ${median(figures.map((each) => each.bare / each.ours)).toFixed(2)}`,
  );
  console.log(
    `  bare file, built lines   ${perSecond(count, of("chained"))}, ratio ${median(figures.map((each) => each.chained / each.ours)).toFixed(2)} (to hold: 0.8)`,
  );
}

async function fill(): Promise<void> {
  const log = await open("large");
  const before = process.memoryUsage.rss();
  const started = performance.now();
  for (let index = 0; index < events; index++) {
    const { durable } = log.append(batch(index));
    if (index % 500 === 499) await durable;
  }
  await log.whenDurable(log.position());
  const took = performance.now() - started;
  Bun.gc(true);
  const growth = (process.memoryUsage.rss() - before) / 2 ** 20;
  console.log(
    `write ${events} events       ${took.toFixed(0)} ms, ${perSecond(events, took)}, memory +${growth.toFixed(0)} MiB`,
  );
  await saveCheckpoint(
    { directory: log.directory, files: systemFiles, log },
    { position: log.durable(), versions: { world: 1 }, state: { any: 1 } },
  );
  await log.close();
}

async function timed(label: string, limit: string, work: () => Promise<string>): Promise<number> {
  const started = performance.now();
  const note = await work();
  const took = performance.now() - started;
  console.log(`${label.padEnd(26)} ${took.toFixed(0)} ms ${note} ${limit}`);
  return took;
}

/** The same bytes without the log: read in chunks, split, hash each line once and parse it. */
async function bareRead(folder: string): Promise<string> {
  const digest = new Uint8Array(32);
  let lines = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".jsonl"))) {
    const bytes = readFileSync(join(folder, name));
    for (let start = 0, end = bytes.indexOf("\n"); end >= 0; start = end + 1, end = bytes.indexOf("\n", start)) {
      Bun.SHA256.hash(bytes.subarray(start, end), digest);
      lines += Math.sign(JSON.parse(bytes.toString("utf8", start, end)).position);
    }
  }
  return `${lines} lines`;
}

async function readAll(): Promise<void> {
  const directory = join(workspace, "large");
  const bare = await timed("bare: hash and parse", "", () => bareRead(join(directory, "log")));
  const verified = await timed("verify chain and tree", "(to hold: 5000)", async () => {
    const found = await verifyLog({ directory, files: systemFiles });
    return `${found.isIntact ? "intact" : "DAMAGED"}, ${found.events} events, ${Math.round(found.bytes / 2 ** 20)} MiB`;
  });
  const log = await open("large");
  const projected = await timed("check, parse, project", "(to hold: 3000)", async () => {
    const counts = new Map<string, number>();
    for await (const record of log.read({})) counts.set(record.stream, record.revision);
    return `${counts.size} streams`;
  });
  console.log(`  against bare: verify ${(verified / bare).toFixed(2)}, project ${(projected / bare).toFixed(2)}`);
  await timed("one operation by number", "", async () => {
    let found = 0;
    for await (const record of log.read({ operationNumber: events >> 1 })) found = record.position;
    return `position ${found}`;
  });
  await timed("history of one stream", "", async () => {
    let found = 0;
    for await (const record of log.read({ stream: "instance/i-77", reverse: true }))
      found += Math.sign(record.position);
    return `${found} records`;
  });
  await log.close();
  await openFromCheckpoint(directory);
}

async function openFromCheckpoint(directory: string): Promise<void> {
  let log: EventLog | undefined;
  await timed("ready from a checkpoint", "(to hold: 300)", async () => {
    log = await open("large");
    const checkpoint = await loadCheckpoint({ directory, files: systemFiles, log }, { world: 1 });
    let tail = 0;
    for await (const record of log.read({ after: checkpoint?.position ?? 0 })) tail += Math.sign(record.position);
    return `tail of ${tail}`;
  });
  await log?.close();
}

async function repairTorn(): Promise<void> {
  const folder = join(workspace, "large", "log");
  const newest = readdirSync(folder).findLast((name) => name.endsWith(".jsonl")) ?? "";
  const path = join(folder, newest);
  const intact = statSync(path).size;
  const descriptor = openSync(path, "r+");
  await new Promise((done) => write(descriptor, Buffer.from('{"position":99'), 0, 14, intact, done));
  closeSync(descriptor);
  await timed("repair a torn end", "(to hold: 1000)", async () => {
    const { log, repaired } = await openLog({
      directory: join(workspace, "large"),
      files: systemFiles,
      clock: systemClock,
      ids: systemIds,
    });
    await log.close();
    return `${repaired?.length ?? 0} cut`;
  });
  truncateSync(join(workspace, "bare"), 0);
}

try {
  await compareAppends();
  await fill();
  await readAll();
  await repairTorn();
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
