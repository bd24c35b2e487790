/** Bytes of a data directory: each file counted once under what it is for, holes not counted, the sum that du finds. */
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { kindOf, measureUsage } from "../../src/daemon/usage.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { facts, running, worldOf } from "../spec.ts";

let directory = "";
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function place(files: Record<string, number>): void {
  directory = mkdtempSync(join(tmpdir(), "strata-usage-"));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), Buffer.alloc(bytes, 1));
  }
}

const measure = (world = worldOf([])) => measureUsage({ directory, files: systemFiles, world });
const kib = 1024;

test("every file is for something, and the total is what du says", async () => {
  place({
    [`images/${"a".repeat(64)}.qcow2`]: 64 * kib,
    "images/incoming/1234": 8 * kib,
    "layers/l-1.qcow2": 128 * kib,
    "instances/i-1/seed.iso": 4 * kib,
    "instances/i-1/memory.bin": 256 * kib,
    "instances/i-1/console.log": 4 * kib,
    "keys/own.json": 1,
    "log/000000000001.jsonl": 12 * kib,
    "checkpoints/000000000003.json": 1,
    "qemu/7.2/lib/ld.so": 16 * kib,
    "daemon.log": 1,
  });
  const { parts, bytes, isPartial } = await measure();
  expect(Object.fromEntries(parts.map(({ kind, files }) => [kind, files]))).toEqual({
    images: 2,
    disks: 1,
    points: 0,
    branches: 0,
    memory: 1,
    quarantine: 0,
    "keys and seeds": 2,
    consoles: 1,
    log: 1,
    checkpoints: 1,
    qemu: 1,
    other: 1,
  });
  const du = Bun.spawnSync(["sh", "-c", `find ${directory} -type f -print0 | du -B1 --files0-from=- -c | tail -1`]);
  expect(bytes).toBe(Number(du.stdout.toString().split("\t")[0]));
  expect(isPartial).toBe(false);
});

test("a hole in a disk takes no space", async () => {
  place({ "layers/l-1.qcow2": 4 * kib });
  truncateSync(join(directory, "layers/l-1.qcow2"), 2 ** 30);
  expect((await measure()).bytes).toBeLessThan(2 ** 20);
});

test("disks have the names of their instances, with what the guest sees of them", async () => {
  place({ "layers/l-1.qcow2": 4 * kib, "layers/lost.qcow2": 8 * kib });
  const disks = (await measure(worldOf([...running, facts.deleted]))).parts.find(({ kind }) => kind === "disks");
  expect(disks?.items).toMatchObject([
    { name: "lost", note: "of no instance" },
    { name: "web", virtualBytes: 5 * 2 ** 30, note: "in the trash" },
  ]);
});

test("points, branches and what they keep of memory are counted by name", async () => {
  place({
    "layers/l-1.qcow2": 8 * kib,
    "layers/l-2.qcow2": 4 * kib,
    "memories/m-1.img": 64 * kib,
    "layers/quarantine/l-0.qcow2": 4 * kib,
  });
  const kept = { memory: "m-1", memoryBytes: 1, build: "b", accelerator: "tcg" };
  const point = { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "memory" };
  const world = worldOf([...running, { type: "instance.point-made", data: { ...point, kept } }]);
  const names = (await measure(world)).parts.flatMap(({ kind, items, files }) =>
    items.length > 0 ? items.map(({ name }) => `${kind}: ${name}`) : files > 0 ? [kind] : [],
  );
  expect(names).toEqual(["disks: web", "points: web@good", "memory: web@good", "quarantine"]);
});

test("a file of a kind that is not known is counted", () => {
  expect(kindOf("new-folder/x")).toBe("other");
  expect(kindOf("instances/i-1/new-file")).toBe("other");
});
