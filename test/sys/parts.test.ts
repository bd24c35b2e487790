/** Files with holes on the real file system, copies of their parts, and memory that another process shares. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, systemFiles as files } from "../../src/sys/files.ts";
import { copyParts, readSource } from "../../src/sys/parts.ts";
import { systemProcesses } from "../../src/sys/process.ts";

const mebibyte = 2 ** 20;
const patient = new AbortController().signal;
const isLinux = process.platform === "linux";
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-parts-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function holed(name: string) {
  const file = await files.open(join(directory, name), "create");
  await file.truncate(64 * mebibyte);
  await file.write(Buffer.alloc(mebibyte, "a"), 2 * mebibyte);
  await file.write(Buffer.from("b"), 3 * mebibyte + 65_536);
  await file.write(Buffer.alloc(300_000, "c"), 32 * mebibyte);
  return file;
}

test.skipIf(!isLinux)("a file tells what of it holds data, near parts as one", async () => {
  const file = await holed("extents");
  const [first, second, ...more] = await file.extents(mebibyte);
  expect(more).toEqual([]);
  expect([first?.offset, second?.offset]).toEqual([2 * mebibyte, 32 * mebibyte]);
  expect(first?.length).toBeGreaterThanOrEqual(mebibyte + 65_536 + 1);
  expect(second?.length).toBeLessThan(mebibyte);
  expect(await file.extents(1)).toHaveLength(3);
  await file.close();
  const empty = await files.open(join(directory, "empty"), "create");
  await empty.truncate(mebibyte);
  expect(await empty.extents(1)).toEqual([]);
  await empty.close();
});

test("parts of a file are copied to where they are wanted, and nothing else", async () => {
  const file = await holed("parts");
  const target = await files.open(join(directory, "target"), "create");
  const parts = [
    { offset: 2 * mebibyte, length: mebibyte, to: 10 },
    { offset: 32 * mebibyte, length: 300_000, to: 10 + mebibyte },
  ];
  await file.copy(parts, target, patient);
  expect(await target.size()).toBe(10 + mebibyte + 300_000);
  const read = Buffer.from(await target.read(0, 2 * mebibyte));
  expect(read.equals(Buffer.concat([Buffer.alloc(10), Buffer.alloc(mebibyte, "a"), Buffer.alloc(300_000, "c")]))).toBe(
    true,
  );
  const beyond = file.copy([{ offset: 64 * mebibyte - 1, length: 2, to: 0 }], target, patient);
  expect(await beyond.then(() => "none", errorCode)).toBe("EIO");
  await file.close();
  await target.close();
});

test("a copy that fails or is given up ends when nothing of it is under way any more", async () => {
  const parts = [{ offset: 0, length: 64 * mebibyte, to: 0 }];
  let [begun, ended] = [0, 0];
  const read = async () => {
    begun += 1;
    await Promise.resolve();
    ended += 1;
  };
  const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
  const write = (_: Uint8Array, offset: number) => (offset >= mebibyte ? Promise.reject(full) : Promise.resolve());
  await expect(copyParts(parts, readSource(read), write, patient)).rejects.toBe(full);
  expect(ended).toBe(begun);
  expect(begun).toBeLessThan(10);

  const given = new AbortController();
  const stop = async () => given.abort(new Error("given up"));
  await expect(copyParts(parts, readSource(read), stop, given.signal)).rejects.toThrow("given up");
  expect(ended).toBe(begun);
});

test.skipIf(!isLinux)("the position that another program goes on from is set by itself", async () => {
  const file = await files.open(join(directory, "position"), "create");
  await file.write(Buffer.from("0123456789"), 0);
  file.seek(4);
  expect(Buffer.from(await file.read(0, 2)).toString()).toBe("01");
  const child = Bun.spawn(["cat"], { stdin: file.descriptor ?? "ignore", stdout: "pipe" });
  expect(await new Response(child.stdout).text()).toBe("456789");
  await file.close();
});

test("a process without shared memory of a name has none, and neither has one that is gone", () => {
  for (const pid of [process.pid, 2 ** 22 - 1])
    expect(systemProcesses.sharedMemory({ pid, startTime: "1" }, "nothing")).toBeUndefined();
});

/** A file in memory, where there is a file system for that. */
const inMemory = "/dev/shm";
test.skipIf(!isLinux || !existsSync(inMemory))(
  "memory is copied as it is at that moment, also when it was copied before",
  async () => {
    const folder = mkdtempSync(join(inMemory, "strata-parts-"));
    try {
      const memory = await files.open(join(folder, "memory"), "create");
      const target = await files.open(join(directory, "of-memory"), "create");
      await memory.truncate(8 * mebibyte);
      await memory.write(Buffer.alloc(3 * mebibyte, "a"), mebibyte);
      const parts = [{ offset: mebibyte, length: 3 * mebibyte, to: 4096 }];
      await memory.copy(parts, target, patient);
      await memory.write(Buffer.alloc(mebibyte, "b"), 2 * mebibyte);
      await memory.copy(parts, target, patient);
      expect(await target.size()).toBe(4096 + 3 * mebibyte);
      const expected = ["a", "b", "a"].map((letter) => Buffer.alloc(mebibyte, letter));
      expect(Buffer.from(await target.read(4096, 3 * mebibyte)).equals(Buffer.concat(expected))).toBe(true);

      const beyond = [{ offset: 8 * mebibyte - 1, length: 2, to: 0 }];
      expect(await memory.copy(beyond, target, patient).then(() => "none", errorCode)).toBe("EIO");
      await memory.truncate(mebibyte);
      expect(await memory.copy(parts, target, patient).then(() => "none", errorCode)).toBe("EIO");
      await target.close();
      await memory.close();
      expect(mappedIn(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

const mappedIn = (folder: string): string[] =>
  readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes(folder));
