/** Lanes of the tree of points: exact ones for small trees, and what holds for all of them. */
import { expect, test } from "bun:test";
import { layLanes, type TreeNode } from "../../../src/gui/pure/lanes.ts";
import { seededRandom } from "../../simulation/random.ts";

/** `a<b`: a began from b. */
const tree = (text: string): TreeNode[] =>
  text.split(" ").map((word) => {
    const [id = "", parent] = word.split("<");
    return { id, parent };
  });

test("a line without branches stays in one lane", () => {
  expect(layLanes(tree("now<c c<b b<a a"))).toEqual({
    lanes: [0, 0, 0, 0],
    edges: [
      { from: 0, to: 1, lane: 0, toLane: 0 },
      { from: 1, to: 2, lane: 0, toLane: 0 },
      { from: 2, to: 3, lane: 0, toLane: 0 },
    ],
    width: 1,
  });
});

test("what was left by a restore stands beside the branch of now", () => {
  const { lanes, edges, width } = layLanes(tree("now<good branch1<good good<image image"));
  expect([lanes, width]).toEqual([[0, 1, 0, 0], 2]);
  expect(edges).toContainEqual({ from: 1, to: 2, lane: 1, toLane: 0 });
});

test("a lane is used again once its branch has reached its parent", () => {
  const { lanes, width } = layLanes(tree("now<b x<b b<a y<a a"));
  expect([lanes, width]).toEqual([[0, 1, 0, 1, 0], 2]);
});

test("a parent that is not shown is none", () => {
  expect(layLanes(tree("now<gone"))).toEqual({ lanes: [0], edges: [], width: 1 });
});

test("of any tree: no two lines share a lane, no node stands on another's line, and all of now's are leftmost", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed).next;
    const size = 2 + Math.floor(random() * 60);
    // Oldest first, each from an older one; the last is now.
    const nodes = Array.from({ length: size }, (_, index): TreeNode => {
      const parent = index === 0 || random() < 0.05 ? undefined : String(Math.floor(random() * index));
      return { id: String(index), parent };
    }).toReversed();
    const { lanes, edges, width } = layLanes(nodes);
    const busy = new Set<string>();
    for (const { from, to, lane, toLane } of edges) {
      expect(from).toBeLessThan(to);
      expect([lanes[from], lanes[to]]).toEqual([lane, toLane]);
      for (let row = from; row < to; row++) {
        expect(busy.has(`${row} ${lane}`)).toBeFalse();
        busy.add(`${row} ${lane}`);
        if (row > from) expect(lanes[row]).not.toBe(lane);
      }
    }
    expect(edges.length).toBe(nodes.filter(({ parent }) => parent !== undefined).length);
    expect(Math.max(...lanes)).toBeLessThan(width);
    for (let node = nodes[0]; node; node = nodes.find(({ id }) => id === node?.parent))
      expect(lanes[nodes.indexOf(node)]).toBe(0);
  }
});
