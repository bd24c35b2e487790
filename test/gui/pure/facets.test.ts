/** Narrowing the history by its sides. */
import { expect, test } from "bun:test";
import { narrowed, valuesOf } from "../../../src/gui/pure/facets.ts";
import type { HistoryRow } from "../../../src/model/view.ts";

const row = (number: number, who: string, type: string, result = "ok", more: Partial<HistoryRow> = {}): HistoryRow => ({
  number,
  who,
  type,
  result,
  time: "2026-11-28T08:00:00.000Z",
  what: `${type} web`,
  instance: "web",
  position: number,
  ...more,
});
const rows = [
  row(4, "anna", "stop", "ok", { reason: "Maintenance on Friday" }),
  row(3, "bob", "stop", "failed"),
  row(2, "anna", "start"),
  row(1, "anna", "launch", "ok", { instance: "db", what: "launch db" }),
];
const numbers = (found: readonly HistoryRow[]) => found.map(({ number }) => number);

test("all that is chosen must fit, and all words must be found", () => {
  expect(numbers(narrowed(rows, {}))).toEqual([4, 3, 2, 1]);
  expect(numbers(narrowed(rows, { who: "anna", what: "stop" }))).toEqual([4]);
  expect(numbers(narrowed(rows, { text: "friday ANNA" }))).toEqual([4]);
  expect(numbers(narrowed(rows, { text: "3" }))).toEqual([3]);
  expect(narrowed(rows, { who: "carl" })).toEqual([]);
});

test("a side's values are counted among what the others leave, and the chosen one stays", () => {
  expect(valuesOf(rows, "who", {})).toEqual([
    { value: "anna", count: 3 },
    { value: "bob", count: 1 },
  ]);
  expect(valuesOf(rows, "who", { who: "bob", what: "stop" })).toEqual([
    { value: "anna", count: 1 },
    { value: "bob", count: 1 },
  ]);
  expect(valuesOf(rows, "result", { result: "timeout" }).at(-1)).toEqual({ value: "timeout", count: 0 });
  expect(valuesOf([row(1, "a", "x", "ok", { instance: undefined as never })], "instance", {})).toEqual([]);
});
