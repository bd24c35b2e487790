/** Reading: by stream, operation, number, range and time, forwards and backwards, with indexes and without. */
import { beforeAll, describe, expect, test } from "bun:test";
import type { Recorded } from "../../../src/events/envelope.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import type { ReadQuery } from "../../../src/events/store/reader.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import type { SimulatedDisk } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import { ann, directory, logFolder, open, overwrite, readAll } from "./bed.ts";

const segmentBytes = 40_000;
let disk: SimulatedDisk;
let files: Files;
let log: EventLog;
/** All records, read in order once: what every other way of reading is compared with. */
let all: Recorded[];

/** 1,500 records of 200 operations on 9 streams, in about 20 segments. */
beforeAll(async () => {
  disk = createDisk();
  files = disk.boot();
  ({ log } = await open(files, { segmentBytes }));
  const random = seededRandom(7);
  for (let number = 1; number <= 200; number++) {
    const stream = `instance/i-${random.below(9)}`;
    const of = { command: `c${number}`, operation: `op-${number}`, by: ann };
    log.append({
      ...of,
      events: [{ type: "instance.start-requested", version: 1, stream, data: { number, deadline: "later" } }],
    });
    for (let step = random.below(12); step >= 0; step--) {
      log.append({
        ...of,
        events: [{ type: "instance.noted", version: 1, stream, data: { text: "x".repeat(random.below(400)) } }],
      });
    }
    if (number % 20 === 0) await log.whenDurable(log.position());
  }
  await log.whenDurable(log.position());
  all = await readAll(log);
});

const wanted = (record: Recorded, query: ReadQuery): boolean =>
  record.position > (query.after ?? 0) &&
  record.position <= (query.upTo ?? Number.MAX_SAFE_INTEGER) &&
  (query.stream === undefined || record.stream === query.stream) &&
  (query.operation === undefined || record.operation === query.operation) &&
  (query.operationNumber === undefined || record.data["number"] === query.operationNumber);

function expected(query: ReadQuery): number[] {
  const found = all.filter((record) => wanted(record, query)).map((record) => record.position);
  return (query.reverse === true ? found.toReversed() : found).slice(0, query.limit);
}

const positions = async (of: EventLog, query: ReadQuery) => (await readAll(of, query)).map((record) => record.position);

const queries: ReadQuery[] = [
  {},
  { reverse: true },
  { after: 700 },
  { after: 700, upTo: 703 },
  { after: 63, upTo: 64 },
  { upTo: 130, reverse: true, limit: 5 },
  { after: 5_000_000 },
  { after: 40, upTo: 30 },
  { limit: 0 },
  { limit: 3 },
  { stream: "instance/i-3" },
  { stream: "instance/i-3", reverse: true, limit: 7 },
  { stream: "instance/i-3", after: 400, upTo: 900 },
  { stream: "instance/none" },
  { operation: "op-77" },
  { operation: "op-7" },
  { operation: "op-77", reverse: true },
  { operation: "op-77", stream: "instance/none" },
  { operationNumber: 5 },
  { operationNumber: 200, limit: 1 },
  { operationNumber: 201 },
];

async function expectAnswers(of: EventLog): Promise<void> {
  for (const query of queries)
    expect({ query, found: await positions(of, query) }).toEqual({ query, found: expected(query) });
}

test("the records are complete and in order", () => {
  expect(all.length).toBe(log.durable());
  expect(all.map((record) => record.position)).toEqual(all.map((_, index) => index + 1));
});

test("every query gives what a filter over all records gives", () => expectAnswers(log));

test("a time gives the newest position at or before it", async () => {
  const ask = async (time: string) => [time, await log.positionAt(time)];
  const newest = (time: string) => all.filter((record) => record.time <= time).length;
  const middle = all[all.length >> 1]?.time ?? "";
  for (const time of [
    "2001-01-01T00:00:00.000Z",
    all[0]?.time ?? "",
    middle,
    all.at(-1)?.time ?? "",
    "2999-01-01T00:00:00.000Z",
  ]) {
    expect(await ask(time)).toEqual([time, newest(time)]);
  }
});

describe("after a restart", () => {
  const indexFiles = async () =>
    (await files.list(logFolder)).filter((name) => name.endsWith(".index")).map((name) => `${logFolder}/${name}`);

  async function reopened(): Promise<EventLog> {
    await log.close();
    disk.kill();
    files = disk.boot();
    ({ log } = await open(files, { segmentBytes }));
    return log;
  }

  test("the answers are the same", async () => {
    await expectAnswers(await reopened());
  });

  test("the answers are the same when all indexes were deleted, and they are written again", async () => {
    await reopened();
    const before = (await indexFiles()).length;
    for (const path of await indexFiles()) await files.remove(path);
    await expectAnswers(await reopened());
    expect((await indexFiles()).length).toBe(before);
  });

  test("the answers are the same when an index is damaged, cut or of another segment", async () => {
    const [one = "", two = "", three = ""] = await indexFiles();
    await overwrite(files, one, (bytes) => bytes.with(bytes.length >> 1, 0x39));
    await overwrite(files, two, (bytes) => bytes.subarray(0, bytes.length >> 1));
    const other = await files.read(one);
    await overwrite(files, three, () => other);
    await expectAnswers(await reopened());
  });
});

describe("checkpoints", () => {
  const versions = { instances: 1, operations: 3 };
  const at = (position: number) => ({ position, versions, state: { counted: position } });
  const options = () => ({ directory, files, log });
  const folder = `${directory}/checkpoints`;

  test("are found again, the newest first, and two are kept", async () => {
    for (const position of [100, 400, 900]) await saveCheckpoint(options(), at(position));
    expect(await files.list(folder)).toEqual(["000000000400.json", "000000000900.json"]);
    expect(await loadCheckpoint(options(), versions)).toEqual(at(900));
  });

  test("of other versions do not count", async () => {
    expect(await loadCheckpoint(options(), { ...versions, operations: 4 })).toBeUndefined();
    expect(await loadCheckpoint(options(), { instances: 1 })).toBeUndefined();
  });

  test("that are damaged give way to the one before", async () => {
    await overwrite(files, `${folder}/000000000900.json`, (bytes) => bytes.with(bytes.length - 4, 0x38));
    expect(await loadCheckpoint(options(), versions)).toEqual(at(400));
  });

  test("of another history do not count", async () => {
    const text = Buffer.from(await files.read(`${folder}/000000000400.json`)).toString();
    await overwrite(files, `${folder}/000000000400.json`, () =>
      Buffer.from(text.replace(all[399]?.hash ?? "", "0".repeat(64))),
    );
    expect(await loadCheckpoint(options(), versions)).toBeUndefined();
  });

  test("state from a checkpoint and the rest equals state from all records, also when all checkpoints are gone", async () => {
    const fold = (state: Record<string, number>, record: Recorded) => ({
      ...state,
      [record.stream]: record.position + (state[record.stream] ?? 0),
    });
    const stateOf = async () => {
      const checkpoint = await loadCheckpoint(options(), { fold: 1 });
      let state = (checkpoint?.state ?? {}) as Record<string, number>;
      for (const record of await readAll(log, { after: checkpoint?.position ?? 0 })) state = fold(state, record);
      return { state, isFromCheckpoint: checkpoint !== undefined };
    };
    const whole = (await stateOf()).state;
    const state = all.slice(0, 777).reduce(fold, {});
    await saveCheckpoint(options(), { position: 777, versions: { fold: 1 }, state });
    expect(await stateOf()).toEqual({ state: whole, isFromCheckpoint: true });
    for (const name of await files.list(folder)) await files.remove(`${folder}/${name}`);
    expect(await stateOf()).toEqual({ state: whole, isFromCheckpoint: false });
  });
});

test("a reader goes on undisturbed while the log grows and rolls", async () => {
  const { log: growing } = await open(createDisk().boot(), { segmentBytes: 3000 });
  const append = (count: number) =>
    growing.append({
      command: `g${count}`,
      by: ann,
      events: [{ type: "a.b", version: 1, stream: "a/b", data: { count } }],
    });
  for (let count = 0; count < 50; count++) await append(count).durable;
  const upTo = growing.durable();
  const seen: number[] = [];
  for await (const record of growing.read({})) {
    seen.push(record.position);
    await append(100 + seen.length).durable;
  }
  expect(seen).toEqual(Array.from({ length: upTo }, (_, index) => index + 1));
});
