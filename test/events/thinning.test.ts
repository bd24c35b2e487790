/** Which automatic points go: by their age, and by what all of them take. */
import { describe, expect, test } from "bun:test";
import type { Layers } from "../../src/events/layers.ts";
import { thinned } from "../../src/events/thinning.ts";
import type { Point } from "../../src/model/point.ts";
import { seededRandom } from "../simulation/random.ts";
import { specs } from "../spec.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A Thursday at noon, and the weeks that are counted begin on Thursdays. */
const nowMs = Date.UTC(2026, 10, 19, 12, 30);
const noLimit = Number.POSITIVE_INFINITY;
const noLayers: Layers = new Map();

const point = (ageMs: number, more: Partial<Point> = {}): Point => {
  const madeAt = new Date(nowMs - ageMs).toISOString();
  const known = { layer: "l", operation: 1, cause: "stop", isHeld: false, consistency: "off", specs } as const;
  return { id: `${ageMs / hourMs}h`, name: "auto", kind: "auto", madeAt, bytes: 100, ...known, ...more };
};
const of = (points: readonly Point[], id = "i") => ({
  id,
  points: points.toSorted((a, b) => (a.madeAt < b.madeAt ? -1 : 1)),
});
const gone = (points: readonly Point[], limit = noLimit) =>
  thinned([of(points)], noLayers, nowMs, limit).map(({ point: id, why }) => `${id} ${why}`);

describe("by age", () => {
  test.each<[string, number[], string[]]>([
    ["all of the last hour stay", [0, 0.1, 0.2, 0.9], []],
    ["of an hour the newest stays", [0, 2.1, 2.2, 2.3], ["2.3h thinned", "2.2h thinned"]],
    ["an hour is one of the clock, so that two points less than an hour apart may both stay", [0, 2.1, 2.9], []],
    ["after a day one of each day stays", [0, 26, 27, 28, 50, 51], ["51h thinned", "28h thinned", "27h thinned"]],
    ["after seven days one of each week", [0, 9 * 24, 10 * 24, 15 * 24], ["240h thinned"]],
    ["after four weeks none", [0, 29 * 24, 60 * 24], ["1440h thinned", "696h thinned"]],
    ["but for the newest of all", [60 * 24, 61 * 24], ["1464h thinned"]],
    ["what is of a time to come stays", [-5, -5.1, 0], []],
  ])("%s", (_name, hours, expected) => {
    expect(gone(hours.map((age) => point(age * hourMs)))).toEqual(expected);
  });

  test("held ones, snapshots and branches stay, whatever their age", () => {
    const old = 90 * dayMs;
    const others = [
      point(old, { isHeld: true }),
      point(old + 1, { kind: "snapshot" }),
      point(old + 2, { kind: "branch" }),
      point(0),
    ];
    expect(gone(others, 0)).toEqual([]);
  });
});

describe("by bytes", () => {
  test("the oldest of all instances go until the others fit; memory counts", () => {
    const kept = { memory: "m", memoryBytes: 900, build: "b", accelerator: "tcg" };
    const web = of([point(0), point(2 * hourMs), point(4 * hourMs, { kept })], "web");
    const db = of([point(0), point(3 * hourMs), point(5 * hourMs)], "db");
    const leaving = (limit: number) =>
      thinned([web, db], noLayers, nowMs, limit).map(({ id, point: each }) => `${id}@${each}`);
    expect(leaving(1_500)).toEqual([]);
    expect(leaving(1_499)).toEqual(["db@5h"]);
    expect(leaving(1_399)).toEqual(["db@5h", "web@4h"]);
    expect(leaving(399)).toEqual(["db@5h", "web@4h", "db@3h"]);
  });
  test("the newest of each instance and those of the last hour stay, however large", () => {
    expect(gone([point(10 * hourMs, { bytes: 9_000 })], 1)).toEqual([]);
    expect(gone([point(0.2 * hourMs), point(0.5 * hourMs), point(2 * hourMs)], 0)).toEqual(["2h limit"]);
  });
  test("a layer counts as what it takes by now: it may have taken in others", () => {
    const points = [point(0), point(2 * hourMs), point(3 * hourMs, { layer: "merged" })];
    const layers: Layers = new Map([["merged", { uses: 1, bytes: 500 }]]);
    const leaving = (limit: number) => thinned([of(points)], layers, nowMs, limit).map(({ point: id }) => id);
    expect([leaving(700), leaving(699)]).toEqual([[], ["3h"]]);
  });
  test("what is held does not count", () => {
    expect(gone([point(5 * hourMs, { isHeld: true, bytes: 9_000 }), point(2 * hourMs), point(0)], 300)).toEqual([]);
  });
});

/** Points of up to some weeks, of every kind. */
function madeUp(seed: number): Point[] {
  const random = seededRandom(seed);
  return Array.from({ length: random.below(150) }, (_, index) =>
    point(random.below(random.chance(0.5) ? 40 * dayMs : 2 * dayMs), {
      id: `p-${index}`,
      kind: random.chance(0.8) ? "auto" : random.chance(0.5) ? "snapshot" : "branch",
      isHeld: random.chance(0.1),
      bytes: random.below(1_000),
    }),
  );
}

test("whatever there is: only automatic ones go, few are left, they fit, and there is nothing more to do then", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { points } = of(madeUp(seed));
    const limit = seededRandom(seed).below(20_000);
    const leaving = new Map(thinned([of(points)], noLayers, nowMs, limit).map((each) => [each.point, each.why]));
    for (const each of points) if (leaving.has(each.id)) expect([each.kind, each.isHeld]).toEqual(["auto", false]);
    const left = points.filter(({ id }) => !leaving.has(id));
    expect(thinned([of(left)], noLayers, nowMs, limit)).toEqual([]);
    const automatic = left.filter(({ kind, isHeld }) => kind === "auto" && !isHeld);
    const isYoung = ({ madeAt }: Point) => nowMs - Date.parse(madeAt) < hourMs;
    const old = automatic.filter((each) => !isYoung(each));
    expect(old.length).toBeLessThanOrEqual(24 + 7 + 4 + 1);
    const bytes = automatic.reduce((sum, each) => sum + each.bytes, 0);
    const newest = points.findLast(({ kind }) => kind === "auto");
    expect(bytes <= limit || old.every((each) => each === newest)).toBe(true);
    expect(newest === undefined || left.includes(newest)).toBe(true);
    // Nothing goes for its bytes while something older of its kind stays.
    const dropped = points.filter(({ id }) => leaving.get(id) === "limit");
    const oldest = old.find((each) => each !== newest);
    if (oldest) for (const each of dropped) expect(each.madeAt <= oldest.madeAt).toBe(true);
  }
});

test("made each hour for ten weeks and thinned each time: 24 hours, 7 days and 4 weeks are left", () => {
  let points: Point[] = [];
  for (let hour = 0; hour < 70 * 24; hour++) {
    const atMs = nowMs + hour * hourMs;
    points = [...points, { ...point(0), id: `p-${hour}`, madeAt: new Date(atMs).toISOString() }];
    const leaving = new Set(thinned([of(points)], noLayers, atMs, noLimit).map((each) => each.point));
    points = points.filter(({ id }) => !leaving.has(id));
  }
  const ages = points.map(({ id }) => 70 * 24 - 1 - Number(id.slice(2))).toReversed();
  expect(ages.slice(0, 24)).toEqual(Array.from({ length: 24 }, (_, index) => index));
  const older = ages.slice(24);
  expect(older.filter((age) => age < 7 * 24).length).toBeGreaterThanOrEqual(6);
  expect(older.at(-1)).toBeGreaterThanOrEqual(21 * 24);
  expect(ages.length).toBeLessThanOrEqual(1 + 24 + 7 + 4);
});
