/** Lines of values over time. */
import { expect, test } from "bun:test";
import { type Axis, pathOf, placeOf, roundTop } from "../../../src/gui/pure/spark.ts";

const axis: Axis = { fromMs: 0, toMs: 100_000, width: 100, height: 10, top: 4 };

test("values are joined from left to right, and what is above the edge stays at it", () => {
  const path = pathOf(
    [
      { atMs: 0, value: 0 },
      { atMs: 50_000, value: 2 },
      { atMs: 100_000, value: 8 },
    ],
    axis,
  );
  expect(path).toBe("M0.0 10.0L50.0 5.0L100.0 0.0");
});

test("nothing is drawn where nothing is known", () => {
  expect(
    pathOf(
      [
        { atMs: 0, value: 0 },
        { atMs: 70_000, value: 4 },
      ],
      axis,
    ),
  ).toBe("M0.0 10.0M70.0 0.0");
  expect(pathOf([], axis)).toBe("");
});

test("an axis of one moment has it at its end", () => {
  expect(placeOf(5, { ...axis, fromMs: 5, toMs: 5 })).toBe(100);
});

test("the upper edge is a round number", () => {
  expect([0, 1, 3, 42, 99, 501].map(roundTop)).toEqual([1, 1, 5, 50, 100, 1000]);
});
