/** The drawn tree of points. */
import { expect, test } from "bun:test";
import { drawTree } from "../../../src/gui/pure/point-tree.ts";
import type { PointTree } from "../../../src/model/point-view.ts";

const point = (name: string, minute: number, parent?: string, kind = "snapshot") =>
  ({ id: `id-${name}`, name, kind, madeAt: `2026-11-28T08:0${minute}:00.000Z`, parent }) as PointTree["points"][number];
const tree = (now: string | undefined, ...points: PointTree["points"]): PointTree => ({
  instance: { id: "i", name: "web" },
  points,
  ...(now !== undefined && { now }),
});
const shape = (given: PointTree) => drawTree(given).rows.map(({ id, lane }) => `${id} ${lane}`);

test("now is on top and the image at the bottom, in one lane where nothing branched off", () => {
  expect(shape(tree(undefined))).toEqual(["now 0", "image 0"]);
  expect(shape(tree("good", point("good", 1)))).toEqual(["now 0", "id-good 0", "image 0"]);
});

test("what a restore left has a lane of its own and a line that says so; what now stands on is marked", () => {
  const drawn = drawTree(tree("good", point("good", 1), point("branch1", 2, "good", "branch")));
  expect(drawn.rows.map(({ id, lane, isOwn }) => [id, lane, isOwn])).toEqual([
    ["now", 0, true],
    ["id-branch1", 1, false],
    ["id-good", 0, true],
    ["image", 0, true],
  ]);
  expect(drawn.edges.map(({ from, to, isOwn, isLeft }) => [from, to, isOwn, isLeft])).toEqual([
    [0, 2, true, false],
    [1, 2, false, true],
    [2, 3, true, false],
  ]);
});

test("a clock that went back puts no point above what began from it, and a point may be called image", () => {
  expect(shape(tree("late", point("image", 5), point("late", 1, "image")))).toEqual([
    "now 0",
    "id-late 0",
    "id-image 0",
    "image 0",
  ]);
});
