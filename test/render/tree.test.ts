/** The tree of points tells how long each stays. */
import { expect, test } from "bun:test";
import type { PointTree } from "../../src/model/point-view.ts";
import { treeView } from "../../src/render/tree.ts";
import { page } from "./samples.ts";

type Point = PointTree["points"][number];
const madeAt = "2026-11-20T14:00:00.000Z";
const specs = { cpus: 1, memory: 2 ** 30, disk: 2 ** 33 };
const point = (name: string, more: Partial<Point>): Point => ({
  id: name,
  name,
  kind: "snapshot",
  layer: "l",
  madeAt,
  operation: 1,
  cause: "stop",
  isHeld: false,
  bytes: 2 ** 20,
  consistency: "off",
  specs,
  ...more,
});

test.each<[string, Partial<Point>, string]>([
  ["a snapshot, for good", {}, ""],
  ["an automatic point, until it is thinned", { kind: "auto" }, "until thinned"],
  ["one that expires, till then", { kind: "auto", expires: "2026-11-20T15:10:00.000Z" }, "for 1 h"],
  ["one that is held, as long as it is", { kind: "auto", isHeld: true }, "held"],
])("%s", (_name, more, end) => {
  const tree = { instance: { id: "i", name: "web" }, points: [point("auto1", more)], now: "auto1" };
  const line = treeView([tree])
    .table(page)
    .split("\n")
    .find((each) => each.includes("auto1"));
  expect(line?.split("1M")[1]?.trim()).toBe(end);
});
