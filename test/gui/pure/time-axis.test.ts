/** The time bar's arithmetic. */
import { describe, expect, test } from "bun:test";
import {
  binsOf,
  joined,
  placeIn,
  spanOf,
  stepped,
  type Tick,
  tickAt,
  ticksOf,
} from "../../../src/gui/pure/time-axis.ts";
import type { HistoryRow } from "../../../src/model/view.ts";

const tick = (operation: number, atMs: number, result = "ok"): Tick => ({ operation, atMs, result });
const ticks = [tick(1, 1_000), tick(2, 2_000, "failed"), tick(3, 9_000)];

test("ticks are operations that ended, oldest first; what happened by itself is none", () => {
  const row = (number: number | undefined, second: number, result = "ok") =>
    ({ number, time: `2026-11-28T08:00:0${second}.000Z`, result }) as HistoryRow;
  const rows = [row(4, 5, "pending"), row(3, 4), row(undefined, 3), row(2, 2, "failed"), row(1, 2)];
  expect(ticksOf(rows).map(({ operation, result }) => [operation, result])).toEqual([
    [1, "ok"],
    [2, "failed"],
    [3, "ok"],
  ]);
});

test("the newest ones join those that are known, unless others may lie between", () => {
  const numbers = (newest: Tick[], max = 9) =>
    joined(ticks, newest, max)?.map(({ operation, result }) => `${operation} ${result}`);
  expect(numbers([tick(3, 9_000, "failed"), tick(4, 9_500)])).toEqual(["1 ok", "2 failed", "3 failed", "4 ok"]);
  expect(numbers([tick(3, 9_000), tick(4, 9_500)], 2)).toEqual(["3 ok", "4 ok"]);
  expect(numbers([tick(4, 9_500), tick(5, 9_600)])).toBeUndefined();
  expect(joined([], [tick(1, 1_000)], 9)).toBeUndefined();
});

describe("the span", () => {
  test("is the last hour or day, or since the beginning, and never empty", () => {
    const now = 10 * 86_400_000;
    const old = [tick(1, 0)];
    expect(spanOf("hour", old, now)).toEqual({ fromMs: now - 3_600_000, toMs: now });
    expect(spanOf("all", old, now)).toEqual({ fromMs: 0, toMs: now });
    expect(spanOf("day", [tick(1, now - 60_000)], now).fromMs).toBe(now - 60_000);
    expect(spanOf("all", [], now)).toEqual({ fromMs: now - 1_000, toMs: now });
  });
  test("has the ticks gathered in columns, with those outside left out", () => {
    const span = { fromMs: 1_000, toMs: 11_000 };
    expect(binsOf([...ticks, tick(4, 1_100), tick(5, 99_000)], span, 10)).toEqual([
      { place: 0.05, count: 2, hasFailures: false },
      { place: 0.15, count: 1, hasFailures: true },
      { place: 0.85, count: 1, hasFailures: false },
    ]);
    expect(placeIn(span, 6_000)).toBe(0.5);
  });
});

test("a place on it means the newest operation at or before, its right end now", () => {
  const span = { fromMs: 0, toMs: 10_000 };
  expect(tickAt(ticks, span, 0.5)?.operation).toBe(2);
  expect(tickAt(ticks, span, 0.01)?.operation).toBe(1);
  expect(tickAt(ticks, span, 0.99)).toBeUndefined();
  expect(tickAt([], span, 0.5)).toBeUndefined();
});

test("steps go by operation: from now to the newest, not before the first, and past the newest to now", () => {
  const numbers = (current: number | undefined) =>
    ([-1, 1] as const).map((way) => stepped(ticks, current, way)?.operation);
  expect(numbers(undefined)).toEqual([3, undefined]);
  expect(numbers(3)).toEqual([2, undefined]);
  expect(numbers(2)).toEqual([1, 3]);
  expect(numbers(1)).toEqual([1, 2]);
  expect(numbers(99)).toEqual([3, undefined]);
  expect(stepped([], undefined, -1)).toBeUndefined();
});
