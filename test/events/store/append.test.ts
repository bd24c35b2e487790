/** Appending: order, group commit, batches, segments, and what happens when the disk fails. */
import { describe, expect, test } from "bun:test";
import { verifyLog } from "../../../src/events/store/audit.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { reservedBytes } from "../../../src/events/store/reserve.ts";
import { createDisk, diskError } from "../../simulation/disk.ts";
import type { DiskCall } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import {
  appendAll,
  batchOf,
  commandsIn,
  directory,
  fixedClock,
  logFolder,
  open,
  readAll,
  segmentsOf,
  settle,
} from "./bed.ts";

const isSegment = (path: string) => path.endsWith(".jsonl");

describe("an append", () => {
  test("answers at once with records in order, chained, and settles when they are durable", async () => {
    const { log } = await open(createDisk().boot());
    const one = log.append(batchOf("one", 2, "instance/i-1"));
    const two = log.append({ ...batchOf("two", 1, "instance/i-2"), operation: "op-1", reason: "because" });
    expect(log.durable()).toBe(1);
    expect(log.position()).toBe(4);
    expect(log.queued().map((record) => record.position)).toEqual([2, 3, 4]);
    expect(one.recorded).toMatchObject([
      { position: 2, revision: 1, batch: [1, 2], durable: 1 },
      { position: 3, revision: 2, batch: [2, 2], durable: 1 },
    ]);
    expect(two.recorded).toMatchObject([{ position: 4, revision: 1, operation: "op-1", reason: "because" }]);
    expect(two.recorded[0]?.previous).toBe(one.recorded[1]?.hash ?? "");
    await two.durable;
    expect(log.durable()).toBe(4);
    expect(log.queued()).toEqual([]);
  });

  test("gives the caller exactly what a reader will get", async () => {
    const { log } = await open(createDisk().boot());
    const data = { text: "ü \u2028 \ud800 \n", nothing: undefined, when: new Date(0), list: [undefined] };
    const { recorded, durable } = log.append({
      ...batchOf("odd"),
      events: [{ type: "a.b", version: 1, stream: "a/b", data }],
    });
    await durable;
    const [, read] = await readAll(log);
    expect(read).toStrictEqual(recorded[0]);
  });

  test("never goes back in time", async () => {
    const clock = fixedClock();
    let isBack = false;
    const now = () => (isBack ? new Date("2001-01-01T00:00:00.000Z") : clock.now());
    const { log } = await open(createDisk().boot(), { clock: { ...clock, now } });
    await appendAll(log, ["a"]);
    isBack = true;
    await appendAll(log, ["b"]);
    const times = (await readAll(log)).map((record) => record.time);
    expect(times).toEqual(times.toSorted());
  });

  test("counts revisions per stream across a restart, from the sealed segments and the active one", async () => {
    const disk = createDisk();
    const first = await open(disk.boot(), { segmentBytes: 2000 });
    for (let round = 0; round < 6; round++) {
      await first.log.append(batchOf(`x${round}`, 1, "instance/x")).durable;
      if (round === 0) await first.log.append(batchOf("once", 1, "instance/old")).durable;
    }
    await first.log.close();
    const { log } = await open(disk.boot(), { segmentBytes: 2000 });
    expect(log.append(batchOf("again", 1, "instance/x")).recorded[0]?.revision).toBe(7);
    expect(log.append(batchOf("again", 1, "instance/old")).recorded[0]?.revision).toBe(2);
    expect(log.append(batchOf("new", 1, "instance/new")).recorded[0]?.revision).toBe(1);
  });

  test("is told to come back when too much waits for the disk", async () => {
    const { log } = await open(createDisk().boot());
    const appendMany = () => {
      for (let count = 0; count < 300; count++) log.append(batchOf("many", 100));
    };
    expect(appendMany).toThrow(expect.objectContaining({ code: "storage-busy" }));
    await log.whenDurable(log.position());
    await log.append(batchOf("later")).durable;
  });
});

test("what queues while a sync runs shares the next one", async () => {
  let release = () => {};
  let syncs = 0;
  const gate = { isShut: false };
  const disk = createDisk({
    beforeCall: ({ operation, path }) => {
      if (operation !== "sync" || !isSegment(path)) return undefined;
      syncs++;
      return gate.isShut ? new Promise<void>((resolve) => (release = resolve)) : undefined;
    },
  });
  const { log } = await open(disk.boot());
  await appendAll(log, ["before"]);
  syncs = 0;
  gate.isShut = true;
  const first = log.append(batchOf("first")).durable;
  await settle();
  const others = Array.from({ length: 50 }, (_, index) => log.append(batchOf(`other${index}`)).durable);
  await settle();
  expect(syncs).toBe(1);
  gate.isShut = false;
  release();
  await Promise.all([first, ...others]);
  expect(syncs).toBe(2);
});

test("nothing is acknowledged before its sync has returned", async () => {
  let acknowledged = 0;
  const seen: number[] = [];
  const beforeCall = ({ operation, path }: DiskCall) => {
    if (operation === "sync" && isSegment(path)) seen.push(acknowledged);
  };
  const { log } = await open(createDisk({ beforeCall }).boot());
  for (const command of ["a", "b", "c"]) {
    await log.append(batchOf(command)).durable;
    acknowledged++;
  }
  expect(seen).toEqual([0, 0, 1, 2]);
});

describe("segments", () => {
  test("roll when they are full, keep the chain and the tree, and become read-only with an index", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { segmentBytes: 2000 });
    await appendAll(
      log,
      Array.from({ length: 30 }, (_, index) => `c${index}`),
    );
    await log.close();
    const paths = await segmentsOf(files);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths.slice(0, -1)) {
      expect((await files.stat(path))?.mode).toBe(0o400);
      expect(await files.stat(path.replace("jsonl", "index"))).toBeDefined();
    }
    const report = await verifyLog({ directory, files });
    expect(report).toMatchObject({
      isIntact: true,
      segments: paths.length,
      roots: paths.length,
      events: log.durable(),
    });
  });

  test("open with a record that names format, log, previous hash and tree", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { segmentBytes: 1000 });
    await appendAll(log, ["a", "b", "c"]);
    const records = await readAll(log);
    const openings = records.filter((record) => record.type === "log.segment");
    expect(openings.length).toBeGreaterThan(1);
    for (const opening of openings) {
      const before = records.find((record) => record.position === opening.position - 1);
      const previous = before?.hash ?? "0".repeat(64);
      expect(opening).toMatchObject({
        previous,
        data: { format: 1, log: log.id, previous, tree: { size: opening.position - 1 } },
      });
    }
  });

  test("a batch is never split between two", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { segmentBytes: 1500 });
    for (let count = 0; count < 10; count++) log.append(batchOf(`c${count}`, 3));
    await log.whenDurable(log.position());
    for (const path of await segmentsOf(files)) {
      const records = Buffer.from(await files.read(path))
        .toString()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(records[0].type).toBe("log.segment");
      expect(records.at(-1).batch[0]).toBe(3);
    }
  });
});

describe("listeners", () => {
  test("hear every durable record once, in order", async () => {
    const { log } = await open(createDisk().boot(), { segmentBytes: 2000 });
    const heard: number[] = [];
    const stop = log.subscribe((records) => heard.push(...records.map((record) => record.position)));
    await Promise.all(Array.from({ length: 40 }, (_, index) => log.append(batchOf(`c${index}`)).durable));
    expect(heard).toEqual(Array.from({ length: log.durable() - 1 }, (_, index) => index + 2));
    stop();
    const newest = heard.at(-1);
    await appendAll(log, ["unheard"]);
    expect(heard.at(-1)).toBe(newest ?? 0);
  });
});

/** A log whose disk fails when `fails` says so; its listener notes what a rebuilt fold would hold. */
async function failing(fails: (call: DiskCall) => string | undefined) {
  const armed = { isArmed: false };
  const disk = createDisk({
    beforeCall: (call) => {
      const code = armed.isArmed ? fails(call) : undefined;
      if (code !== undefined) throw diskError(code, call.path);
    },
  });
  const files = disk.boot();
  const { log } = await open(files);
  await appendAll(log, ["before"]);
  const rebuilt: string[][] = [];
  log.onRewound(() => rebuilt.push(log.queued().map((record) => `${record.position} ${record.type}`)));
  armed.isArmed = true;
  return { disk, files, log, rebuilt, armed };
}

const outcome = async (log: EventLog, command: string) =>
  log.append(batchOf(command)).durable.then(
    () => "durable",
    (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
  );

describe("a failing disk", () => {
  for (const operation of ["write", "sync"]) {
    test(`one failed ${operation}: the file is closed for ever and the batch goes to a new segment`, async () => {
      const calls: string[] = [];
      let failures = 0;
      const { disk, files, log, rebuilt } = await failing((call) => {
        if (isSegment(call.path)) calls.push(`${call.operation} ${call.path.slice(-7, -6)}`);
        return call.operation === operation && isSegment(call.path) && failures++ === 0 ? "EIO" : undefined;
      });
      expect(await outcome(log, "moved")).toBe("durable");
      expect(rebuilt).toEqual([["3 log.segment", "4 instance.noted"]]);
      expect(log.mode()).toEqual({ kind: "writable" });
      expect(calls.filter((call) => call === "sync 1").length).toBe(operation === "sync" ? 1 : 0);
      await appendAll(log, ["after"]);
      expect(await commandsIn(log)).toEqual(["before", "moved", "after"]);
      expect(await segmentsOf(files)).toEqual([`${logFolder}/000000000001.jsonl`, `${logFolder}/000000000003.jsonl`]);
      disk.kill();
      const again = disk.boot();
      expect((await verifyLog({ directory, files: again })).isIntact).toBe(true);
      expect(await commandsIn((await open(again)).log)).toEqual(["before", "moved", "after"]);
    });

    test(`a ${operation} that fails for good: read-only, with errno, path and free bytes, and the acknowledged log stays`, async () => {
      const { disk, log, rebuilt, armed } = await failing((call) =>
        call.operation === operation ? "ENOSPC" : undefined,
      );
      const waiting = log.whenDurable(log.append(batchOf("lost")).recorded[0]?.position ?? 0);
      await expect(waiting).rejects.toMatchObject({ code: "storage-unavailable", exit: 6 });
      expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "storage-unavailable" } });
      expect(() => log.append(batchOf("refused"))).toThrow(/ENOSPC on \/data\/log, \d+ MiB free/);
      expect(rebuilt.at(-1)).toEqual([]);
      expect([log.position(), log.durable()]).toEqual([2, 2]);
      expect(await commandsIn(log)).toEqual(["before"]);
      armed.isArmed = false;
      disk.kill();
      const { log: again } = await open(disk.boot());
      expect(again.mode()).toEqual({ kind: "writable" });
      await appendAll(again, ["after"]);
      expect(await commandsIn(again)).toEqual(["before", "after"]);
    });
  }

  test("who waits for a position that moved waits until its record is durable", async () => {
    let failures = 0;
    const { log } = await failing((call) =>
      call.operation === "sync" && isSegment(call.path) && failures++ === 0 ? "EIO" : undefined,
    );
    const { recorded } = log.append(batchOf("moved"));
    await log.whenDurable(recorded[0]?.position ?? 0);
    expect(await commandsIn(log)).toEqual(["before", "moved"]);
  });

  test("a segment that failed before its first durable record is set aside", async () => {
    let failures = 0;
    const disk = createDisk({
      beforeCall: ({ operation, path }) => {
        if (operation === "sync" && path.endsWith("000000000001.jsonl") && failures++ === 0)
          throw diskError("EIO", path);
      },
    });
    const files = disk.boot();
    const { log } = await open(files);
    await appendAll(log, ["a"]);
    expect(await files.list(logFolder)).toContain("000000000001.jsonl.failed");
    expect(await commandsIn(log)).toEqual(["a"]);
    expect((await verifyLog({ directory, files })).isIntact).toBe(true);
  });

  test("that forgot what it could not sync does not fool the next start: the bytes are written again before they count", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { disk, log, armed } = await failing(({ operation }) =>
        ["sync", "truncate"].includes(operation) ? "EIO" : undefined,
      );
      expect(await outcome(log, "unacknowledged")).toBe("storage-unavailable");
      armed.isArmed = false;
      disk.kill();
      const { log: second } = await open(disk.boot());
      const seen = await commandsIn(second);
      disk.crash(seededRandom(seed));
      const { log: third } = await open(disk.boot());
      expect(third.mode()).toEqual({ kind: "writable" });
      expect(await commandsIn(third)).toEqual(seen);
    }
  });

  test("refuses for a reason of its caller, and still finishes what is queued", async () => {
    const { log } = await open(createDisk().boot());
    const { durable } = log.append(batchOf("queued"));
    const reason = Object.assign(new Error("newer"), { code: "log-too-new", hints: [], exit: 6 as const });
    log.makeReadOnly(reason);
    expect(() => log.append(batchOf("refused"))).toThrow("newer");
    await durable;
    expect(await commandsIn(log)).toEqual(["queued"]);
  });
});

describe("a full disk", () => {
  const capacityBytes = 6 << 20;

  async function filled(reserves: boolean) {
    const disk = createDisk({ capacityBytes: () => capacityBytes, reserves });
    const files = disk.boot();
    const { log } = await open(files);
    await settle();
    const ballast = await files.open(`${directory}/everything-else`, "create");
    const { freeBytes } = await files.space(directory);
    await ballast.write(new Uint8Array(freeBytes), 0);
    expect((await files.space(directory)).freeBytes).toBe(0);
    return { disk, files, log };
  }

  test("the reserved blocks still take the records of stopping, deleting and purging", async () => {
    const { log } = await filled(true);
    for (let count = 0; count < 1000; count++) await log.append(batchOf(`c${count}`)).durable;
    expect(log.mode()).toEqual({ kind: "writable" });
  });

  test("where blocks cannot be reserved, the ballast file makes room", async () => {
    const { log, files } = await filled(false);
    expect(await files.list(logFolder)).toContain("ballast");
    for (let count = 0; count < 1000; count++) await log.append(batchOf(`c${count}`)).durable;
    expect(log.mode()).toEqual({ kind: "writable" });
    expect(await files.list(logFolder)).not.toContain("ballast");
  });

  test("in the end it is read-only, and after a restart with space everything acknowledged is there", async () => {
    const { disk, log } = await filled(true);
    const acknowledged: string[] = [];
    for (let count = 0; log.mode().kind === "writable"; count++) {
      if ((await outcome(log, `c${count}`)) === "durable") acknowledged.push(`c${count}`);
    }
    expect(acknowledged.length).toBeGreaterThan(1000);
    disk.kill();
    const files = disk.boot();
    await files.remove(`${directory}/everything-else`);
    const again = await open(files);
    expect(again.log.mode()).toEqual({ kind: "writable" });
    expect(await commandsIn(again.log)).toEqual(acknowledged);
  });

  test.each([true, false])("is survived by a daemon that starts on it, reserved blocks: %p", async (reserves) => {
    const { disk, log } = await filled(reserves);
    await log.close();
    const files = disk.boot();
    const rest = await files.open(`${directory}/rest`, "create");
    await rest.write(new Uint8Array((await files.space(directory)).freeBytes), 0);
    const { log: next } = await open(files);
    expect((await files.space(directory)).freeBytes).toBe(0);
    for (let count = 0; count < 1000; count++) await next.append(batchOf(`c${count}`)).durable;
    expect(next.mode()).toEqual({ kind: "writable" });
  });

  test("closing gives the segment that was made ahead back, and keeps what is reserved for the next start", async () => {
    const disk = createDisk({ capacityBytes: () => capacityBytes });
    const files = disk.boot();
    const { log } = await open(files);
    await appendAll(log, ["a"]);
    await log.close();
    const taken = capacityBytes - (await files.space(directory)).freeBytes;
    expect(taken).toBeGreaterThan(reservedBytes);
    expect(taken).toBeLessThan(reservedBytes + 10_000);
  });
});
