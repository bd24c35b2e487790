/** A copy puts acknowledged records back when its hashes agree, and never otherwise. */
import { describe, expect, test } from "bun:test";
import { readCopy } from "../../../src/events/store/repair/copy.ts";
import { repairFrom } from "../../../src/events/store/repair/from-copy.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { catLog } from "../../../src/events/store/cat.ts";
import { encodeLine } from "../../../src/events/store/line.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import {
  ann,
  appendAll,
  commandsIn,
  countedIds,
  directory,
  fixedClock,
  linesOf,
  logFolder,
  open,
  overwrite,
  readAll,
  segmentsOf,
} from "./bed.ts";

const names = Array.from({ length: 12 }, (_, at) => `c${at}`);
const copyFolder = "/backup";

const repair = (files: Files, from: string, isWanted = true) =>
  repairFrom({ directory, files, from, clock: fixedClock(), ids: countedIds(), by: ann, isWanted });

/** A closed log of several segments, and a copy of its data directory. */
async function bed(): Promise<Files> {
  const disk = createDisk();
  const files = disk.boot();
  const { log } = await open(files, { segmentBytes: 2_000 });
  await appendAll(log, names);
  await log.close();
  await files.makeDirectory(`${copyFolder}/log`, 0o700);
  for (const name of await files.list(logFolder))
    await files.writeAtomically(`${copyFolder}/log/${name}`, await files.read(`${logFolder}/${name}`), 0o600);
  return files;
}

const flipAt = (at: number) => (bytes: Uint8Array) => {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};

/** Everything but the log's own repair event. */
async function bytesOf(files: Files): Promise<string> {
  const texts = await Promise.all((await segmentsOf(files)).map((path) => linesOf(files, path)));
  return texts
    .flat()
    .filter((line) => !line.includes('"log.repaired"'))
    .join("");
}

async function expectRepaired(files: Files, before: string, from = copyFolder): Promise<void> {
  expect((await verifyLog({ directory, files })).isIntact).toBe(false);
  const damaged = await bytesOf(files);
  const plan = await repair(files, from, false);
  expect(plan.isDone).toBe(false);
  expect(await bytesOf(files)).toBe(damaged);
  const done = await repair(files, from);
  expect(done).toEqual({ ...plan, isDone: true });
  expect(await bytesOf(files)).toBe(before);
  expect((await verifyLog({ directory, files })).isIntact).toBe(true);
  const { log } = await open(files);
  expect(log.mode()).toEqual({ kind: "writable" });
  expect((await commandsIn(log)).filter((command) => command.startsWith("c"))).toEqual(names);
  const last = (await readAll(log)).at(-1);
  expect(last).toMatchObject({
    type: "log.repaired",
    by: { id: ann.id },
    data: { restored: { records: plan.records } },
  });
  await appendAll(log, ["after"]);
  await log.close();
  await expect(repair(files, from)).rejects.toMatchObject({ code: "log-intact" });
}

describe("is repaired, byte for byte:", () => {
  test("a rotten byte in a sealed segment, the old bytes kept in quarantine", async () => {
    const files = await bed();
    const before = await bytesOf(files);
    const [, second = ""] = await segmentsOf(files);
    await overwrite(files, second, flipAt(900));
    const rotten = Buffer.from(await files.read(second));
    await expectRepaired(files, before);
    const [kept = ""] = await files.list(`${directory}/quarantine`);
    expect(Buffer.from(await files.read(`${directory}/quarantine/${kept}`)).equals(rotten)).toBe(true);
  });
  test("one in the last segment, acknowledged as the head says", async () => {
    const files = await bed();
    const before = await bytesOf(files);
    await overwrite(files, (await segmentsOf(files)).at(-1) ?? "", flipAt(600));
    await expectRepaired(files, before);
  });
  test("a segment that is gone, the first of all too", async () => {
    for (const at of [0, 1]) {
      const files = await bed();
      const before = await bytesOf(files);
      await files.remove((await segmentsOf(files))[at] ?? "");
      await expectRepaired(files, before);
    }
  });
  test("an end that is gone, whole segments of it", async () => {
    const files = await bed();
    const before = await bytesOf(files);
    for (const path of (await segmentsOf(files)).slice(2)) await files.remove(path);
    await expectRepaired(files, before);
  });
  test("everything gone but the head", async () => {
    const files = await bed();
    const before = await bytesOf(files);
    for (const path of await segmentsOf(files)) await files.remove(path);
    await expectRepaired(files, before);
  });
  test("from a folder of segments, and from what audit cat wrote", async () => {
    for (const isFile of [false, true]) {
      const files = await bed();
      const before = await bytesOf(files);
      const [first = ""] = await segmentsOf(files);
      if (isFile) {
        const pieces = await Array.fromAsync(catLog({ directory, files, after: 1 }));
        await files.writeAtomically("/backup/export.jsonl", Buffer.concat(pieces), 0o600);
      }
      await overwrite(files, first, flipAt(1_500));
      await expectRepaired(files, before, isFile ? "/backup/export.jsonl" : `${copyFolder}/log`);
    }
  });
  test("from a copy older than the log, as far as that needs no more", async () => {
    const files = await bed();
    const before = await bytesOf(files);
    const [first = "", ...rest] = await segmentsOf(files);
    for (const path of rest) await files.remove(path.replace(logFolder, `${copyFolder}/log`));
    await overwrite(files, first, flipAt(1_500));
    await expectRepaired(files, before);
  });
});

describe("is refused, and nothing changed:", () => {
  const expectRefused = async (files: Files, code: string, from = copyFolder) => {
    const before = await bytesOf(files);
    await expect(repair(files, from)).rejects.toMatchObject({ code });
    expect(await bytesOf(files)).toBe(before);
    expect(await files.stat(`${directory}/quarantine`)).toBeUndefined();
  };
  const damaged = async () => {
    const files = await bed();
    const [, second = ""] = await segmentsOf(files);
    await overwrite(files, second, flipAt(900));
    return { files, second, copied: second.replace(logFolder, `${copyFolder}/log`) };
  };
  test("a copy with the same damage", async () => {
    const { files, second, copied } = await damaged();
    await overwrite(files, copied, () => Buffer.from(new Uint8Array(0)));
    await overwrite(files, copied, () => Buffer.from("x"));
    await expectRefused(files, "copy-unfit");
    expect(second).not.toBe(copied);
  });
  test("a copy that ends before what is left here goes on", async () => {
    const { files, copied } = await damaged();
    await files.remove(`${logFolder}/head`);
    const [, third = ""] = (await segmentsOf(files)).slice(1);
    expect(await files.stat(third)).toBeDefined();
    const names = (await files.list(`${copyFolder}/log`)).filter((name) => name.endsWith(".jsonl"));
    for (const name of names.slice(1)) await files.remove(`${copyFolder}/log/${name}`);
    expect(await files.stat(copied)).toBeUndefined();
    await expectRefused(files, "copy-unfit");
  });
  test("a copy with more than fits in memory", async () => {
    const files = await bed();
    const after = { position: 0, hash: "0".repeat(64) };
    const reading = readCopy(files, copyFolder, { after, isOurs: () => true, missingBytes: 1_000 });
    await expect(reading).rejects.toMatchObject({ code: "copy-unfit", message: expect.stringContaining("put back") });
  });
  test("a copy of which a record was changed, with a hash of its own", async () => {
    const { files, copied } = await damaged();
    const lines = await linesOf(files, copied);
    const record = JSON.parse(lines[1] ?? "");
    const forged = Buffer.from(encodeLine({ ...record, data: { text: "it was somebody else" } })).toString();
    await overwrite(files, copied, () => Buffer.from(lines.with(1, forged).join(""), "latin1"));
    await expect(repair(files, copyFolder)).rejects.toMatchObject({ code: expect.stringMatching(/^copy-/) });
  });
  test("a copy of another log", async () => {
    const { files } = await damaged();
    const other = createDisk().boot();
    const { log } = await open(other, { ids: { ...countedIds(), bytes: (length) => new Uint8Array(length).fill(9) } });
    await appendAll(log, names);
    await log.close();
    await files.writeAtomically("/other.jsonl", await other.read(`${logFolder}/000000000001.jsonl`), 0o600);
    await expectRefused(files, "copy-other", "/other.jsonl");
  });
  test("a copy that ends before what is lost", async () => {
    const { files, copied } = await damaged();
    const all = (await files.list(`${copyFolder}/log`)).filter((name) => name.endsWith(".jsonl"));
    for (const name of all) if (`${copyFolder}/log/${name}` >= copied) await files.remove(`${copyFolder}/log/${name}`);
    await expectRefused(files, "copy-unfit");
  });
  test("no copy at all", async () => {
    const { files } = await damaged();
    await expectRefused(files, "copy-not-found", "/nowhere");
    await files.makeDirectory("/empty", 0o700);
    await expectRefused(files, "copy-not-found", "/empty");
  });
  test("a log that was changed by hand: a copy does not make that good", async () => {
    const files = await bed();
    const [first = ""] = await segmentsOf(files);
    const lines = await linesOf(files, first);
    const record = JSON.parse(lines[1] ?? "");
    const forged = Buffer.from(encodeLine({ ...record, data: { text: "it was somebody else" } })).toString();
    await overwrite(files, first, () => Buffer.from(lines.with(1, forged).join(""), "latin1"));
    await expectRefused(files, "log-not-repairable");
  });
  test("while a daemon runs", async () => {
    const { files } = await damaged();
    const { log } = await open(files);
    await expectRefused(files, "daemon-running");
    await log.close();
  });
});
