import { expect, test } from "bun:test";
import { medians } from "./measure.ts";
import { atMost, tableOf } from "./row.ts";

test("a figure is a line of the table, with its goal beside it", () => {
  const rows = [
    { what: "launch", ours: "8.1 s", bare: "7.9 s", ratio: 1.025, goal: atMost(1.025, 1.1) },
    { what: "verify", ours: "6000 ms", goal: atMost(6000, 5000, " ms") },
    { what: "memory", ours: "60 MiB" },
  ];
  expect(tableOf(rows).split("\n").slice(2)).toEqual([
    "| launch | 8.1 s | 7.9 s | 1.02 | at most 1.1 | yes |",
    "| verify | 6000 ms |  |  | at most 5000 ms | NO |",
    "| memory | 60 MiB |  |  |  |  |",
  ]);
});

test("the ratio is the median of the pairs' own, so that noise that hits both sides counts once", () => {
  expect(
    medians([
      [10, 5],
      [100, 50],
      [30, 10],
    ]),
  ).toEqual({ ours: 30, bare: 10, ratio: 2 });
});
