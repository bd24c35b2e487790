/** The oldest events moved aside: what is left goes on to answer and to prove, whatever happens on the way. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { archiveLog, type ArchiveOptions } from "../../../src/events/store/archive/archive.ts";
import { type Base, readBase, writeBase } from "../../../src/events/store/archive/base.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { exportBundle } from "../../../src/events/store/seals/export.ts";
import { proveConsistency, proveRecord } from "../../../src/events/store/seals/prove.ts";
import { joinNodes, leafHash } from "../../../src/events/store/merkle.ts";
import { isConsistent, rootOfInclusion } from "../../../src/model/merkle-proof.ts";
import { parseSeals } from "../../../src/events/store/seals/note.ts";
import { type Files, systemFiles } from "../../../src/sys/files.ts";
import { verdictOfStrata, verdictsOfPython } from "../../campaign/mutations/verdicts.ts";
import { createDisk } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import {
  ann,
  appendAll,
  commandsIn,
  countedIds,
  directory,
  fixedClock,
  open,
  overwrite,
  readAll,
  segmentsOf,
} from "./bed.ts";

const place = mkdtempSync(join(tmpdir(), "strata-archive-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const target = "/archive";
const commands = Array.from({ length: 18 }, (_, at) => `c${at}`);
const segmentBytes = 2_500;

async function filled(
  files: Files,
  options: { directory?: string; isSealed?: boolean; segmentBytes?: number } = {},
  count = commands.length,
): Promise<EventLog> {
  const { log } = await open(files, { segmentBytes, ...options });
  for (const command of commands.slice(0, count)) {
    await appendAll(log, [command]);
    await log.sealNow();
  }
  await log.close();
  return log;
}

const archive = (files: Files, more: Partial<ArchiveOptions> = {}) => {
  const at = more.directory ?? directory;
  const prepare = async (log: EventLog) => {
    const state = { position: log.durable(), versions: {}, state: {} };
    await saveCheckpoint({ directory: at, files, log }, state);
    return {};
  };
  const ports = { files, clock: fixedClock("2026-11-21T00:00:00.000Z"), ids: countedIds(), by: ann, prepare };
  return archiveLog({ directory: at, target, choice: { keep: 2 }, ...ports, ...more });
};

const verify = (files: Files, archives: readonly string[] = []) => verifyLog({ directory, files, archives });

/** Everything that is in the log's folder and in the archive, as one text. */
async function allLines(files: Files): Promise<string> {
  const moved = (await files.stat(target))
    ? (await files.list(target)).filter((name) => name.endsWith(".jsonl")).map((name) => `${target}/${name}`)
    : [];
  const own = await segmentsOf(files);
  const names = new Map([...moved, ...own].map((path) => [path.slice(path.lastIndexOf("/")), path]));
  const texts = await Promise.all([...names.keys()].sort().map((name) => files.read(names.get(name) ?? "")));
  return texts.map((bytes) => Buffer.from(bytes).toString()).join("");
}

describe("an archive", () => {
  test("takes whole segments, and the log says what and where", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    const before = await allLines(files);
    const segments = await segmentsOf(files);
    const report = await archive(files);
    expect(report).toMatchObject({ place: target, from: 1, segments: segments.length - 2, isRemoved: true });
    expect(await segmentsOf(files)).toEqual(segments.slice(-2));
    expect((await allLines(files)).startsWith(before)).toBe(true);
    const { log: next } = await open(files);
    expect(next.archived()).toEqual({
      upTo: report.to ?? 0,
      archives: [{ from: 1, to: report.to ?? 0, place: target }],
    });
    const told = (await readAll(next, { stream: `log/${log.id}`, reverse: true, limit: 1 }))[0];
    expect(told).toMatchObject({
      type: "log.archived",
      by: { name: "ann" },
      data: { from: 1, to: report.to, place: target },
    });
    await next.close();
  });

  test("is verified from where it ends, or from the beginning when it is at hand", async () => {
    const files = createDisk().boot();
    await filled(files, { isSealed: true });
    const whole = await verify(files);
    const { to = 0 } = await archive(files);
    const without = await verify(files);
    expect(without).toMatchObject({ isIntact: true, events: whole.events + 1, archived: { upTo: to } });
    const count = whole.seals.count + 1;
    expect(without.seals).toMatchObject({ count, holding: count, keys: 1, newest: { size: without.events } });
    const withIt = await verify(files, [target]);
    expect(withIt.archived).toBeUndefined();
    expect(withIt).toMatchObject({
      isIntact: true,
      events: without.events,
      root: without.root,
      from: whole.from ?? "",
    });
    expect(await verify(files, ["/elsewhere"])).toMatchObject({ isIntact: true, archived: { upTo: to } });
    await overwrite(files, `${target}/000000000001.jsonl`, (bytes) => bytes.with(300, (bytes[300] ?? 0) ^ 1));
    expect((await verify(files, [target])).isIntact).toBe(false);
    expect((await verify(files)).isIntact).toBe(true);
  });

  test("goes to another folder the next time, and only what joins on is read", async () => {
    const files = createDisk().boot();
    await filled(files);
    const first = await archive(files, { choice: { keep: 4 } });
    const second = await archive(files, { target: "/other", choice: { keep: 1 } });
    expect(second.from).toBe((first.to ?? 0) + 1);
    expect(await verify(files, ["/other", target])).toMatchObject({ isIntact: true, segments: expect.any(Number) });
    expect((await verify(files, ["/other", target])).archived).toBeUndefined();
    expect((await verify(files, ["/other"])).archived?.upTo).toBe(first.to ?? 0);
    // With the newer one missing, the older one does not join on to what is here.
    expect((await verify(files, [target])).archived?.upTo).toBe(second.to ?? 0);
  });

  test("takes what was before a time, in whole segments", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    const { log: again } = await open(files);
    const records = await readAll(again);
    await again.close();
    const middle = records[Math.floor(records.length / 2)];
    const { to = 0 } = await archive(files, { choice: { before: middle?.time ?? "" } });
    expect(to).toBeGreaterThan(0);
    expect(to).toBeLessThan(middle?.position ?? 0);
    expect(await archive(files, { choice: { before: records[0]?.time ?? "" } })).toMatchObject({ events: 0 });
    expect(log.id).toBe(again.id);
  });

  test("can be put back by copying its files", async () => {
    const files = createDisk().boot();
    await filled(files);
    await archive(files);
    for (const name of await files.list(target))
      await files.writeAtomically(`${directory}/log/${name}`, await files.read(`${target}/${name}`), 0o400);
    const { log } = await open(files);
    expect(log.archived()).toBeUndefined();
    expect(await commandsIn(log)).toEqual([...commands, expect.any(String)]);
    await log.close();
    expect((await verify(files)).archived).toBeUndefined();
    // And moved once more.
    expect((await archive(files)).from).toBe(1);
    expect((await verify(files, [target])).isIntact).toBe(true);
  });
});

describe("what is left", () => {
  test("answers from there on, and says what is archived where all is asked for", async () => {
    const files = createDisk().boot();
    await filled(files);
    const { to = 0 } = await archive(files);
    const { log } = await open(files);
    const archived = { code: "log-archived", message: expect.stringContaining(target) };
    await expect(readAll(log)).rejects.toMatchObject(archived);
    await expect(readAll(log, { after: to - 1 })).rejects.toMatchObject(archived);
    expect(log.positionAt("2026-11-20T00:00:00.000Z")).rejects.toMatchObject(archived);
    expect(log.mode().kind).toBe("writable");
    const rest = await readAll(log, { after: to });
    expect(rest[0]?.position).toBe(to + 1);
    expect((await readAll(log, { reverse: true })).map(({ position }) => position)).toEqual(
      rest.map(({ position }) => position).reverse(),
    );
    expect((await readAll(log, { stream: "instance/i-1" })).at(-1)?.command).toBe(commands.at(-1) ?? "");
    await log.close();
  });

  test("counts each stream on, without index files too", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { segmentBytes });
    await log.append({ events: [{ type: "x.noted", version: 1, stream: "x/old", data: {} }], command: "x", by: ann })
      .durable;
    await appendAll(log, commands);
    await log.close();
    await archive(files);
    for (const name of await files.list(`${directory}/log`))
      if (name.endsWith(".index")) await files.remove(`${directory}/log/${name}`);
    const { log: next } = await open(files, { segmentBytes });
    for (const [stream, revision] of [
      ["x/old", 2],
      ["instance/i-1", commands.length + 1],
    ] as const) {
      const event = { type: "x.noted", version: 1, stream, data: {} };
      expect(next.append({ events: [event], command: stream, by: ann }).recorded[0]?.revision).toBe(revision);
    }
    await appendAll(next, commands);
    await next.close();
    expect((await verify(files)).isIntact).toBe(true);
  });

  test("proves that it goes on from any earlier seal, and that it holds what is here", async () => {
    const files = createDisk().boot();
    await filled(files, { isSealed: true });
    const { to = 0 } = await archive(files);
    const { log } = await open(files, { isSealed: true });
    const now = await log.sealNow();
    await log.close();
    const { seals } = parseSeals(await files.read(`${directory}/log/seals`));
    expect(seals.filter(({ size }) => size <= to).length).toBeGreaterThan(5);
    for (const old of seals) {
      const path = await proveConsistency({ directory, files }, old.size, now?.size ?? 0);
      expect(isConsistent(joinNodes, { old, now: now ?? old }, path)).toBe(true);
    }
    for (let position = to + 1; position <= (now?.size ?? 0); position++) {
      const { line, path } = await proveRecord({ directory, files }, position);
      const leaf = { hash: leafHash(Buffer.from(line)), index: position - 1 };
      expect(rootOfInclusion(joinNodes, leaf, now?.size ?? 0, path)).toBe(now?.root ?? "");
    }
    await expect(proveRecord({ directory, files }, to)).rejects.toMatchObject({ code: "log-archived" });
  });
});

describe("both verifiers", () => {
  test("agree on bundles with and without the archive, and on what is missing without a word", async () => {
    const [data, moved] = [join(place, "data"), join(place, "moved")];
    await filled(systemFiles, { directory: data, isSealed: true });
    await archive(systemFiles, { directory: data, target: moved });
    const bundle = async (name: string) => {
      await exportBundle({ directory: data, files: systemFiles, target: join(place, name) });
      return join(place, name);
    };
    const whole = await bundle("whole");
    rmSync(moved, { recursive: true });
    const part = await bundle("part");
    const cut = await bundle("cut");
    rmSync(join(cut, "log/leaves"));
    const other = await bundle("other");
    await overwrite(systemFiles, join(other, "log/leaves"), (bytes) => bytes.with(40, (bytes[40] ?? 0) ^ 1));
    const folders = [whole, part, cut, other];
    const python = verdictsOfPython(folders);
    const own = await Promise.all(folders.map(async (folder) => (await verdictOfStrata(folder)).shared));
    expect(python.map(({ ok, kind, position }) => ({ ok, kind, position }))).toEqual(
      own.map(({ ok, kind, position }) => ({ ok, kind, position })) as never,
    );
    expect(own.map(({ ok, kind }) => (ok ? "ok" : kind))).toEqual(["ok", "ok", "log-incomplete", "log-chain-broken"]);
    expect(python[1]).toMatchObject({ archived: expect.any(Number) });
  }, 60_000);
});

describe("refused is", () => {
  test.each([
    ["a folder in the data directory", { target: `${directory}/old` }, "archive-misplaced"],
    ["what is still to be sent on", { prepare: async () => ({ neededAfter: 1 }) }, "archive-held"],
    ["a log without a checkpoint behind it", { prepare: async () => ({}) }, "checkpoint-missing"],
  ] as const)("%s", async (_, more, code) => {
    const files = createDisk().boot();
    await filled(files);
    const segments = await segmentsOf(files);
    await expect(archive(files, more as Partial<ArchiveOptions>)).rejects.toMatchObject({ code });
    expect(await segmentsOf(files)).toEqual(segments);
  });

  test("a log that is damaged, or that a daemon has open", async () => {
    const files = createDisk().boot();
    await filled(files);
    const { log } = await open(files);
    await expect(archive(files)).rejects.toMatchObject({ code: "daemon-running" });
    await log.close();
    const [oldest = ""] = await segmentsOf(files);
    await overwrite(files, oldest, (bytes) => bytes.with(1_000, (bytes[1_000] ?? 0) ^ 1));
    await expect(archive(files)).rejects.toMatchObject({ code: "log-damaged" });
    expect(await files.stat(target)).toBeUndefined();
  });

  test("a folder with other events of that name, and one that cannot be written", async () => {
    const files = createDisk().boot();
    await filled(files);
    await files.makeDirectory(target, 0o700);
    await files.writeAtomically(`${target}/000000000001.jsonl`, Buffer.from("other"), 0o600);
    await expect(archive(files)).rejects.toMatchObject({ code: "archive-other" });
    const full: Files = {
      ...files,
      writeAtomically: (path, ...rest) =>
        path.startsWith("/full")
          ? Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC", path }))
          : files.writeAtomically(path, ...rest),
    };
    await expect(archive(full, { target: "/full" })).rejects.toMatchObject({ code: "archive-unwritable" });
    expect((await verify(files)).archived).toBeUndefined();
  });
});

test("a copy that reads back different leaves the log as it is", async () => {
  const files = createDisk().boot();
  await filled(files);
  const segments = await segmentsOf(files);
  const lying: Files = {
    ...files,
    writeAtomically: (path, bytes, mode) =>
      files.writeAtomically(path, path.startsWith(target) ? bytes.with(300, (bytes[300] ?? 0) ^ 1) : bytes, mode),
  };
  await expect(archive(lying)).rejects.toMatchObject({ code: "archive-unwritable" });
  expect(await segmentsOf(files)).toEqual(segments);
});

describe("once the log says where they are, its oldest segments stay", () => {
  /** The lock is taken for the archive, and once more for the removal. */
  const secondLock = (files: Files, meet: () => Promise<unknown>): Files => {
    let taken = 0;
    return {
      ...files,
      open: async (path, ...rest) => {
        if (path === `${directory}/lock` && ++taken === 2) await meet();
        return files.open(path, ...rest);
      },
    };
  };

  test("when a daemon was quicker, who reads them", async () => {
    const files = createDisk().boot();
    await filled(files);
    const segments = await segmentsOf(files);
    let daemon: EventLog | undefined;
    const quicker = secondLock(files, async () => (daemon = (await open(files)).log));
    expect(await archive(quicker)).toMatchObject({ isRemoved: false, segments: segments.length - 2 });
    expect(await segmentsOf(files)).toEqual(segments);
    expect(await commandsIn(daemon as EventLog)).toEqual([...commands, expect.any(String)]);
    await daemon?.close();
    expect(await archive(files)).toMatchObject({ isRemoved: true });
    expect(await verify(files, [target])).toMatchObject({ isIntact: true });
  });

  test("when the lock cannot be asked for", async () => {
    const files = createDisk().boot();
    await filled(files);
    const segments = await segmentsOf(files);
    const failing = secondLock(files, () => Promise.reject(Object.assign(new Error("broken"), { code: "EIO" })));
    await expect(archive(failing)).rejects.toThrow("broken");
    expect(await segmentsOf(files)).toEqual(segments);
    expect((await verify(files)).isIntact).toBe(true);
  });
});

test("the log's own word tells which anchor was set in what is archived", async () => {
  const files = createDisk().boot();
  const { log } = await open(files, { segmentBytes });
  const data = { key: "audit.anchor", value: "file:/anchors" };
  const set = { type: "settings.changed", version: 1, stream: "settings/daemon", data };
  await log.append({ events: [set], command: "anchor", by: ann }).durable;
  await appendAll(log, commands);
  await log.close();
  await archive(files);
  const { log: next } = await open(files);
  const [told] = await readAll(next, { stream: `log/${log.id}`, reverse: true, limit: 1 });
  expect(told?.data).toMatchObject({ anchor: "file:/anchors" });
  await next.close();
});

test("a log that does not go on from what was archived is damaged there", async () => {
  const files = createDisk().boot();
  await filled(files);
  const { to = 0 } = await archive(files);
  const note = await readBase(files, directory);
  await writeBase(files, directory, { ...(note as Base), hash: "0".repeat(64) });
  const { damage } = await verify(files);
  expect(damage).toMatchObject({ kind: "log-chain-broken", position: to + 1 });
  const { log } = await open(files);
  expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-chain-broken" } });
  await log.close();
});

test("cut off at any call, by a kill or by the power, nothing is lost and doing it again goes on", async () => {
  // More for a long run.
  const seedsPerCall = Number(process.env["STRATA_SEEDS"] ?? 1);
  for (let call = 1, isOver = false; !isOver; call++) {
    for (let seed = 0; seed <= seedsPerCall; seed++) {
      const random = seededRandom(call * 100 + seed);
      let left = Number.POSITIVE_INFINITY;
      const struck = Promise.withResolvers<void>();
      const disk = createDisk({
        beforeCall: () => {
          if (--left !== 0) return;
          // The first of each is a kill.
          if (seed === 0) disk.kill();
          else disk.crash(random);
          struck.resolve();
        },
      });
      await filled(disk.boot(), { segmentBytes: 1_500 }, 7);
      const before = await allLines(disk.boot());
      left = call;
      const done = archive(disk.boot()).then(() => (isOver = true));
      await Promise.race([done, struck.promise]);
      left = Number.POSITIVE_INFINITY;
      const files = disk.boot();
      expect([call, seed, (await allLines(files)).startsWith(before)]).toEqual([call, seed, true]);
      const { log } = await open(files);
      expect([call, seed, log.mode().kind]).toEqual([call, seed, "writable"]);
      await appendAll(log, ["after"]);
      await log.close();
      for (const archives of [[], [target]]) {
        const { isIntact, damage } = await verify(files, archives);
        expect([call, seed, damage, isIntact]).toEqual([call, seed, undefined, true]);
      }
      await archive(files);
      expect(await verify(files, [target])).toMatchObject({ isIntact: true });
      expect((await segmentsOf(files)).length).toBeLessThanOrEqual(3);
      expect((await files.list(target)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    }
  }
}, 120_000);

test("that they are missing is damage as before, when the log itself does not say that they were archived", async () => {
  const files = createDisk().boot();
  await filled(files);
  const { to = 0 } = await archive(files);
  const note = await files.read(`${directory}/log/archived`);
  const leaves = await files.read(`${directory}/log/leaves`);
  // Another log of the same beginning, whose oldest segments somebody took away.
  const other = createDisk().boot();
  await filled(other);
  for (const path of (await segmentsOf(other)).slice(0, -2)) await other.remove(path);
  const missing = { isIntact: false, damage: { kind: "log-incomplete", position: 1 } };
  expect(await verify(other)).toMatchObject(missing);
  const { log } = await open(other);
  expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-incomplete" } });
  await log.close();
  await other.writeAtomically(`${directory}/log/archived`, note, 0o600);
  await other.writeAtomically(`${directory}/log/leaves`, leaves, 0o600);
  expect(await verify(other)).toMatchObject({
    ...missing,
    damage: { ...missing.damage, what: expect.stringContaining(`1 to ${to}`) },
  });
});
