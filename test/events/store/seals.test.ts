/** Seals: written with each head, found again after a crash, and what they prove about a log that changed. */
import { describe, expect, test } from "bun:test";
import { isConsistent, rootOfInclusion } from "../../../src/model/merkle-proof.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { catLog } from "../../../src/events/store/cat.ts";
import { emptyTree, joinNodes, leafHash } from "../../../src/events/store/merkle.ts";
import { parseSeal } from "../../../src/model/seal.ts";
import { isSealedBy, parseSeals, parseVerifierKey, signSeal } from "../../../src/events/store/seals/note.ts";
import { proveConsistency, proveRecord } from "../../../src/events/store/seals/prove.ts";
import { systemIds as ids } from "../../../src/sys/ids.ts";
import { signingKeyOf } from "../../../src/sys/signature.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk, type DiskCall, diskError } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import { unsyncedDisk } from "../../simulation/unsynced.ts";
import { appendAll, directory, fixedClock, logFolder, open, overwrite, readAll, segmentsOf, settle } from "./bed.ts";

const commands = Array.from({ length: 20 }, (_, index) => `c${index}`);
const sealsFile = `${logFolder}/seals`;
const textOf = async (files: Files, path: string) => Buffer.from(await files.read(path)).toString();
const sealed = (files: Files, options: Parameters<typeof open>[1] = {}) =>
  open(files, { segmentBytes: 2500, isSealed: true, ...options });

async function filled(files: Files) {
  const { log } = await sealed(files);
  await appendAll(log, commands);
  return log;
}

describe("a sealed log", () => {
  test("is sealed when it goes idle, at a clean stop, and when asked; the same head only once", async () => {
    const files = createDisk().boot();
    const clock = fixedClock();
    const { log } = await sealed(files, { clock });
    const heard: number[] = [];
    log.onSealed(({ size }) => void heard.push(size));
    await appendAll(log, ["a"]);
    clock.runTimers();
    await settle();
    expect(log.seal()?.size).toBe(log.durable());
    expect((await log.sealNow())?.size).toBe(log.durable());
    await appendAll(log, ["b"]);
    expect((await log.sealNow())?.size).toBe(log.durable());
    await appendAll(log, ["c"]);
    await log.close();
    const { seals, torn } = parseSeals(await files.read(sealsFile));
    expect(torn).toBe(0);
    expect(heard).toEqual([3, 4, 5]);
    expect(seals.map(({ size }) => size)).toEqual(heard);
  });

  test("keeps a key that a killed process made, also when power is cut before anything else is made there", async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const { disk, reached } = unsyncedDisk(`${directory}/keys`);
      void sealed(disk.boot(), { ids });
      await reached;
      disk.kill();
      const { log } = await sealed(disk.boot(), { ids });
      await appendAll(log, ["a"]);
      const key = log.sealKey();
      disk.crash(seededRandom(seed));
      expect((await sealed(disk.boot(), { ids })).log.sealKey()).toBe(key);
    }
  });

  test("is not sealed at a size that its key is not recorded for, however slow the head is", async () => {
    const disk = createDisk({ beforeCall: ({ path }) => (path.includes("/head.") ? settle(20) : undefined) });
    const files = disk.boot();
    const clock = { ...fixedClock(), after: (_ms: number, work: () => void) => (queueMicrotask(work), () => {}) };
    const { log } = await sealed(files, { clock });
    await settle(300);
    expect((await verifyLog({ directory, files })).damage).toBeUndefined();
    await log.close();
    expect((await verifyLog({ directory, files })).seals).toMatchObject({ count: 1, holding: 1 });
  });

  test("names its key in an event and beside the log, and its secret nowhere but in its own file", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await log.close();
    const key = log.sealKey() ?? "";
    expect(await textOf(files, `${logFolder}/seal.pub`)).toBe(`${key}\n`);
    expect((await readAll(log)).filter(({ type }) => type === "log.keyed")).toMatchObject([{ data: { key } }]);
    const secret = (await textOf(files, `${directory}/keys/seal.pem`)).split("\n")[1] ?? "";
    expect((await files.stat(`${directory}/keys/seal.pem`))?.mode).toBe(0o600);
    for (const path of [sealsFile, ...(await segmentsOf(files))])
      expect(await textOf(files, path)).not.toContain(secret);
    const newest = log.seal();
    const verifier = parseVerifierKey(key);
    expect(newest && verifier && isSealedBy(newest, verifier)).toBe(true);
    expect((await verifyLog({ directory, files })).seals).toMatchObject({ keys: 1, key, torn: 0 });
  });

  test("keeps its key over restarts, and names it once", async () => {
    const files = createDisk().boot();
    const first = await filled(files);
    await first.close();
    const { log } = await sealed(files);
    await log.close();
    expect(log.sealKey()).toBe(first.sealKey());
    expect((await readAll(log)).filter(({ type }) => type === "log.keyed")).toHaveLength(1);
    const report = await verifyLog({ directory, files });
    expect(report.seals.holding).toBe(report.seals.count);
  });

  test("a key that cannot be read is not replaced: there are no seals, and whoever asks for one hears why", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    await overwrite(files, `${directory}/keys/seal.pem`, () => Buffer.from("rot"));
    const { log, unsealed } = await sealed(files);
    expect(unsealed).toMatchObject({ code: "seal-key-invalid" });
    expect(log.mode().kind).toBe("writable");
    expect(log.sealNow()).rejects.toMatchObject({ code: "seal-key-invalid" });
    await log.close();
    expect(await textOf(files, `${directory}/keys/seal.pem`)).toBe("rot");
  });

  test("without seals verifies as before", async () => {
    const files = createDisk().boot();
    const { log } = await open(files);
    await appendAll(log, commands);
    await log.close();
    expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, seals: { count: 0, keys: 0 } });
    const { log: later } = await sealed(files);
    await later.close();
    expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, seals: { count: 1, holding: 1 } });
  });

  test("a torn seal is written over", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const whole = Buffer.from(await files.read(sealsFile));
    // One of them ends at the empty line in the middle of a note.
    for (const cut of [1, 50, whole.indexOf("\n\n") + 2, 150]) {
      await overwrite(files, sealsFile, () => Buffer.concat([whole, whole.subarray(0, cut)]));
      expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, seals: { torn: cut } });
      const { log } = await sealed(files);
      await appendAll(log, [`more${cut}`]);
      await log.close();
      expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, seals: { torn: 0 } });
      await overwrite(files, sealsFile, () => whole);
    }
  });

  test("a torn seal that lacks its beginning, where a sector never came, is written over", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const whole = Buffer.from(await files.read(sealsFile));
    const { offset } = parseSeals(whole).seals.at(-1) ?? { offset: 0 };
    for (const lost of [1, 3, 40]) {
      await overwrite(files, sealsFile, () => Buffer.from(whole).fill(0, offset, offset + lost));
      expect(await verifyLog({ directory, files })).toMatchObject({
        isIntact: true,
        seals: { torn: whole.length - offset },
      });
    }
    const { log } = await sealed(files);
    await appendAll(log, ["more"]);
    await log.close();
    expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, seals: { torn: 0 } });
  });

  test.each([false, true])(
    "after a sync that failed holds its seals whatever power leaves of them (restarted: %p)",
    async (isRestarted) => {
      for (let seed = 1; seed <= 20; seed++) {
        let isBad = false;
        const beforeCall = ({ operation, path }: DiskCall) => {
          if (isBad && operation === "sync" && path === sealsFile) throw diskError("EIO", path);
        };
        const disk = createDisk({ beforeCall });
        let log = await filled(disk.boot());
        isBad = true;
        await expect(log.sealNow()).rejects.toThrow("EIO");
        isBad = false;
        if (isRestarted) {
          disk.kill();
          log = (await sealed(disk.boot())).log;
        }
        await appendAll(log, ["later"]);
        const seal = await log.sealNow();
        disk.crash(seededRandom(seed));
        const files = disk.boot();
        const { damage, seals } = await verifyLog({ directory, files });
        expect(damage).toBeUndefined();
        expect(seals.newest?.size).toBe(seal?.size);
      }
    },
  );

  test("cut back behind its newest seal opens read-only: rolled back", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const last = (await segmentsOf(files)).at(-1) ?? "";
    await overwrite(files, last, (bytes) => bytes.subarray(0, bytes.lastIndexOf(0x0a, bytes.length - 2) + 1));
    await files.remove(`${logFolder}/head`);
    const { log } = await sealed(files);
    expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-rolled-back" } });
    expect((await verifyLog({ directory, files })).damage?.kind).toBe("log-rolled-back");
    expect(log.seal()?.size).toBe(log.durable() + 1);
    await log.close();
  });
});

describe("an earlier seal that somebody kept", () => {
  test("finds a log that was written anew with another key", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await log.close();
    const kept = log.seal();
    if (kept === undefined) throw new Error("no seal");
    expect((await verifyLog({ directory, files, kept })).isIntact).toBe(true);
    const forged = createDisk().boot();
    const { log: other } = await sealed(forged, {
      ids: { next: () => "id", bytes: (length) => new Uint8Array(length).fill(9) },
    });
    await appendAll(other, [...commands, "x"]);
    await other.close();
    expect((await verifyLog({ directory, files: forged })).isIntact).toBe(true);
    expect((await verifyLog({ directory, files: forged, kept })).damage).toMatchObject({
      kind: "log-chain-broken",
      position: 1,
    });
  });
});

describe("proofs", () => {
  test("that a record is in the log, for every position", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await log.close();
    for (let position = 1; position <= log.durable(); position++) {
      const { line, path, seal } = await proveRecord({ directory, files }, position);
      const { size, root } = parseSeal(seal) ?? { size: 0, root: "" };
      const leaf = { hash: leafHash(Buffer.from(line)), index: position - 1 };
      expect(rootOfInclusion(joinNodes, leaf, size, path)).toBe(root);
      const other = { ...leaf, hash: leafHash(Buffer.from(`${line} `)) };
      expect(rootOfInclusion(joinNodes, other, size, path)).not.toBe(root);
      expect(rootOfInclusion(joinNodes, { ...leaf, index: position % size }, size, path)).not.toBe(root);
    }
    expect(proveRecord({ directory, files }, log.durable() + 1)).rejects.toMatchObject({ code: "position-not-sealed" });
  });

  test("that a log still begins with what it was, for every pair of sizes", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await log.close();
    const lines = Buffer.concat(await Array.fromAsync(catLog({ directory, files })))
      .toString()
      .trimEnd()
      .split("\n");
    const tree = emptyTree();
    const roots = [tree.head().root];
    for (const line of lines) {
      tree.append(Buffer.from(line), 0, Buffer.byteLength(line));
      roots.push(tree.head().root);
    }
    for (let size = 1; size < roots.length; size++) {
      for (let old = 0; old <= size; old++) {
        const path = await proveConsistency({ directory, files }, old, size);
        const heads = { old: { size: old, root: roots[old] ?? "" }, now: { size, root: roots[size] ?? "" } };
        expect([old, size, isConsistent(joinNodes, heads, path)]).toEqual([old, size, true]);
        if (old === 0) continue;
        const forged = { ...heads, old: { size: old, root: "1".repeat(64) } };
        expect([old, size, isConsistent(joinNodes, forged, path)]).toEqual([old, size, false]);
      }
    }
  });
});

describe("a note", () => {
  const key = signingKeyOf(new Uint8Array(32).fill(1));
  const seal = signSeal("strata/l-1", { size: 7, root: "ab".repeat(32) }, key);

  test("is a C2SP checkpoint: origin, size, root, an empty line, a signature", () => {
    const [origin, size, root, empty, signature] = seal.note.split("\n");
    expect([origin, size, empty]).toEqual(["strata/l-1", "7", ""]);
    expect(Buffer.from(root ?? "", "base64").toString("hex")).toBe("ab".repeat(32));
    expect(signature).toMatch(/^\u2014 strata\/l-1 [A-Za-z0-9+/]{91}=$/);
    expect(parseSeal(seal.note)).toEqual(seal);
  });

  test("reads from the middle of a file, whatever stands before it", () => {
    const random = seededRandom(7);
    const file = Buffer.from(`${seal.note}\n`.repeat(5));
    const length = file.length / 5;
    for (let round = 0; round < 50; round++) {
      const from = 1 + random.below(length * 4);
      const { seals, bytes, torn } = parseSeals(file.subarray(from), from);
      expect(seals.every(({ offset }) => offset % length === 0)).toBe(true);
      expect([bytes, torn]).toEqual([file.length, 0]);
    }
  });
});
