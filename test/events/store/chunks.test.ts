/** A file in chunks: every line once, the next chunk read while one is worked on, and nothing read any more when the caller stops. */
import { expect, test } from "bun:test";
import { chunksOf, visitLines } from "../../../src/events/store/chunks.ts";
import type { OpenFile } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import { appendAll, logFolder, open, readAll } from "./bed.ts";

const line = `${"x".repeat(99)}\n`;
const bytes = Buffer.from(line.repeat(10_000));

/** A file of 1 MB; `reading` says how many reads are under way, `lengths` what was asked for. */
function countedFile(failsAt = Number.MAX_SAFE_INTEGER) {
  const lengths: number[] = [];
  let reading = 0;
  const read: OpenFile["read"] = async (offset, length) => {
    lengths.push(length);
    reading++;
    await new Promise((resolve) => setImmediate(resolve));
    reading--;
    if (offset >= failsAt) throw new Error("EIO");
    return bytes.subarray(offset, offset + length);
  };
  return { file: { read } as OpenFile, reading: () => reading, lengths };
}

test("from the second chunk on the next one is being read", async () => {
  const { file, reading } = countedFile();
  const ahead: number[] = [];
  let lines = 0;
  for await (const { ends } of chunksOf(file, 0, bytes.length)) {
    ahead.push(reading());
    lines += ends.length;
  }
  expect(lines).toBe(10_000);
  expect(ahead).toEqual([0, 1, 1, 1, 0]);
});

test("who wants only a few lines reads no more than the first chunk", async () => {
  const { file, lengths } = countedFile();
  for await (const chunk of chunksOf(file, 0, bytes.length)) if (chunk.offset === 0) break;
  expect(lengths).toEqual([64 << 10]);
});

test.each([1, 2, 700, 3000, 9999])("a visit that ends at line %i leaves no read under way", async (until) => {
  const { file, reading } = countedFile();
  let seen = 0;
  const visited = await visitLines(file, 0, bytes.length, () => seen++ < until);
  expect({ ...visited, reading: reading() }).toEqual({ offset: until * line.length, isDone: false, reading: 0 });
});

test("a visit that throws leaves none either", async () => {
  const { file, reading } = countedFile();
  let seen = 0;
  const visit = () => {
    if (seen++ === 3000) throw new Error("enough");
    return true;
  };
  const outcome = await visitLines(file, 0, bytes.length, visit).catch((error: unknown) => String(error));
  expect({ outcome, reading: reading() }).toEqual({ outcome: "Error: enough", reading: 0 });
});

test("a chunk that cannot be read takes nothing from the ones before it", async () => {
  const { file } = countedFile(300_000);
  let lines = 0;
  const all = async () => {
    for await (const { ends } of chunksOf(file, 0, bytes.length)) lines += ends.length;
  };
  const outcome = await all().catch((error: unknown) => String(error));
  expect(outcome).toBe("Error: EIO");
  expect(lines).toBe(Math.floor((64 << 10) / 100) + Math.floor((128 << 10) / 100) + Math.floor((256 << 10) / 100));
});

test("all of a sealed segment is read without its index, and it is made again when something has to be found", async () => {
  const disk = createDisk();
  const files = disk.boot();
  const { log } = await open(files, { segmentBytes: 4_000 });
  await appendAll(
    log,
    Array.from({ length: 60 }, (_, index) => `c${index}`),
  );
  const indexes = async () => (await files.list(logFolder)).filter((name) => name.endsWith(".index"));
  const made = await indexes();
  for (const name of made) await files.remove(`${logFolder}/${name}`);
  const all = await readAll(log);
  expect(all.map(({ position }) => position)).toEqual(Array.from({ length: log.position() }, (_, at) => at + 1));
  // Upkeep may be writing that of the newest one just now.
  expect((await indexes()).length).toBeLessThan(2);
  expect((await readAll(log, { stream: "instance/i-1" })).length).toBe(60);
  expect((await indexes()).length).toBeGreaterThan(3);
  await log.close();
});
