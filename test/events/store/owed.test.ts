/** A repair that is cut short at any call of the disk leaves no change to the log without an event that tells of it. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { oweRepairs, settleRepairs } from "../../../src/events/store/repair/owed.ts";
import { repairFrom } from "../../../src/events/store/repair/from-copy.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import {
  ann,
  appendAll,
  countedIds,
  directory,
  fixedClock,
  logFolder,
  open,
  overwrite,
  readAll,
  segmentsOf,
} from "./bed.ts";

const copyFolder = "/copy";
/** More calls than any repair makes. */
const callsMax = 400;

/** A disk that can be told to stand still at the n-th call from now on. */
function stoppable() {
  let left = Number.POSITIVE_INFINITY;
  let stopped = Promise.withResolvers<"stopped">();
  const beforeCall = () => {
    if (left-- !== 0) return undefined;
    stopped.resolve("stopped");
    return new Promise<void>(() => {});
  };
  const disk = createDisk({ beforeCall });
  const stopAt = (call: number) => {
    left = call;
    stopped = Promise.withResolvers();
    return stopped.promise;
  };
  return { disk, stopAt };
}

async function filled(files: Files): Promise<void> {
  const { log } = await open(files, { segmentBytes: 1500 });
  await appendAll(log, ["c1", "c2", "c3", "c4", "c5"]);
  await log.close();
}

/** Stops `work` at its first, second, third… call, kills the process, and lets `check` see what is left; until `work` comes to its end. */
async function atEachCall(
  prepare: (files: Files) => Promise<void>,
  work: (files: Files) => Promise<unknown>,
  check: (files: Files, call: number) => Promise<void>,
): Promise<number> {
  for (let call = 0; call < callsMax; call++) {
    const { disk, stopAt } = stoppable();
    const files = disk.boot();
    await prepare(files);
    const stopped = stopAt(call);
    const working = work(files).then(() => "done" as const);
    working.catch(() => undefined);
    if ((await Promise.race([working, stopped])) === "done") return call;
    disk.kill();
    stopAt(Number.POSITIVE_INFINITY).catch(() => undefined);
    await check(disk.boot(), call);
  }
  throw new Error(`more than ${callsMax} calls`);
}

async function toldIn(files: Files): Promise<number> {
  const { log } = await open(files, { segmentBytes: 1500 });
  const told = (await readAll(log)).filter(({ type }) => type === "log.repaired").length;
  await log.close();
  return told;
}

test("a torn end is told of once, wherever its repair is cut short", async () => {
  const tear = async (files: Files) => {
    await filled(files);
    const last = (await segmentsOf(files)).at(-1) ?? "";
    await overwrite(files, last, (bytes) => Buffer.concat([bytes, Buffer.from('{"position":99,"ti')]));
  };
  const calls = await atEachCall(
    tear,
    (files) => open(files, { segmentBytes: 1500 }),
    async (files, call) => {
      expect([call, await toldIn(files)]).toEqual([call, 1]);
      expect([call, await toldIn(files)]).toEqual([call, 1]);
    },
  );
  expect(calls).toBeGreaterThan(20);
});

test("records that are put back from a copy are told of, wherever that is cut short", async () => {
  const rot = async (files: Files) => {
    await filled(files);
    await files.makeDirectory(`${copyFolder}/log`, 0o700);
    for (const path of await segmentsOf(files))
      await files.writeAtomically(path.replace(logFolder, `${copyFolder}/log`), await files.read(path), 0o600);
    for (const path of (await segmentsOf(files)).slice(0, 2))
      await overwrite(files, path, (bytes) => {
        bytes[700] = (bytes[700] ?? 0) ^ 1;
        return bytes;
      });
  };
  const repair = (files: Files) =>
    repairFrom({
      directory,
      files,
      from: copyFolder,
      clock: fixedClock(),
      ids: countedIds(),
      by: ann,
      isWanted: true,
    });
  const calls = await atEachCall(rot, repair, async (files, call) => {
    if (!(await verifyLog({ directory, files })).isIntact) await repair(files);
    expect([call, (await toldIn(files)) > 0]).toEqual([call, true]);
    expect((await verifyLog({ directory, files })).isIntact).toBe(true);
  });
  expect(calls).toBeGreaterThan(20);
});

describe("what is owed to the log", () => {
  const debt = { command: "c-9", by: ann, after: 0, repairs: [{ kind: "torn" }] };
  const note = `${directory}/quarantine/owed.json`;
  /** A log that answers an append with this error. */
  const failing = (error: Error) =>
    ({
      id: "l",
      async *read() {},
      append: () => {
        throw error;
      },
    }) as unknown as EventLog;

  test("stays owed while the log takes nothing; a bug is no such reason", async () => {
    const files = createDisk({}).boot();
    await oweRepairs(files, directory, debt);
    await settleRepairs(files, directory, failing(new UserError("storage-unavailable", "the disk is full")));
    expect(await files.stat(note)).toBeDefined();
    await expect(settleRepairs(files, directory, failing(new Error("bug")))).rejects.toThrow("bug");
    expect(await files.stat(note)).toBeDefined();
  });
  test("in a note that has rotted keeps no log from being opened", async () => {
    const files = createDisk({}).boot();
    await filled(files);
    await files.makeDirectory(`${directory}/quarantine`, 0o700);
    await files.writeAtomically(note, Buffer.from("{"), 0o600);
    expect(await toldIn(files)).toBe(0);
  });
});
