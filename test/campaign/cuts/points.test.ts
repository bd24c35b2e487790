/** Where power is cut, on a disk of a few sectors: what was flushed always stays, and the rest in whole sectors or not at all. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../simulation/random.ts";
import { type Image, imageOfFile } from "./image.ts";
import { createReplay, flushedBy, kinds, type Point, pointOf, pointsOf, textOf } from "./points.ts";
import type { Entry } from "./write-log.ts";

const diskBytes = 128 << 10;
const sector = 512;
let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "strata-points-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, "disk");
function bytesOf(image: Image): Buffer {
  writeFileSync(file(), "");
  image.save(file());
  return readFileSync(file());
}

/** Writes of other bytes each time, across the border of two chunks too, with a flush now and then. */
function history(): Entry[] {
  const random = seededRandom(5);
  return Array.from({ length: 60 }, (_, at): Entry => {
    if (at % 7 === 6) return { kind: "flush", offset: 0, length: 0, data: new Uint8Array(), at };
    const length = sector * (1 + random.below(20));
    const offset = sector * random.below((diskBytes - length) / sector);
    if (at % 13 === 5) return { kind: "discard", offset, length, data: new Uint8Array(), at };
    return { kind: "write", offset, length, data: new Uint8Array(length).fill(at + 1), at };
  });
}

const entries = history();
function base(): Image {
  writeFileSync(file(), new Uint8Array(diskBytes).fill(200));
  return imageOfFile(file());
}

/** Written anew, byte by byte, for comparison. */
function plain(count: number): Buffer {
  const disk = Buffer.alloc(diskBytes, 200);
  for (const { kind, offset, length, data } of entries.slice(0, count)) {
    if (kind === "write") disk.set(data, offset);
    if (kind === "discard") disk.fill(0, offset, offset + length);
  }
  return disk;
}

test("a prefix is exactly the writes up to there", () => {
  const at = createReplay(base(), entries);
  for (let upTo = 0; upTo <= entries.length; upTo++)
    expect(bytesOf(at({ kind: "prefix", upTo, seed: 0 })).equals(plain(upTo))).toBe(true);
});

test("between flushes each sector is as it was at the flush or as one of the writes since left it", () => {
  const points = pointsOf(entries, { seed: 3, count: 80, isEach: true });
  const at = createReplay(base(), entries);
  for (const point of points) {
    const flushed = flushedBy(entries, point.upTo);
    const states = Array.from({ length: point.upTo - flushed + 1 }, (_, count) => plain(flushed + count));
    const disk = bytesOf(at(point));
    const isKnown = (from: number) =>
      states.some((state) => state.subarray(from, from + sector).equals(disk.subarray(from, from + sector)));
    const strange = Array.from({ length: diskBytes / sector }, (_, each) => each * sector).filter(
      (from) => !isKnown(from),
    );
    expect({ point: textOf(point), strange }).toEqual({ point: textOf(point), strange: [] });
  }
});

test("the same seed gives the same points, none twice, of every kind, behind each flush", () => {
  const order = { seed: 9, count: 200, isEach: true };
  const points = pointsOf(entries, order);
  expect(pointsOf(entries, order)).toEqual(points);
  expect(new Set(points.map(textOf)).size).toBe(points.length);
  expect(points.length).toBe(200);
  for (const kind of kinds) expect(points.some((point: Point) => point.kind === kind)).toBe(true);
  const prefixes = points.filter(({ kind }) => kind === "prefix").map(({ upTo }) => upTo);
  expect(prefixes).toEqual([0, ...entries.flatMap(({ kind }, at) => (kind === "flush" ? [at + 1] : [])), 60]);
  expect(points.map((point) => pointOf(textOf(point)))).toEqual(points);
});
