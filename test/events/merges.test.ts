import { describe, expect, test } from "bun:test";
import type { InstanceState } from "../../src/events/instance/state.ts";
import { chainOf, type Dropped, evolveLayers, evolveMerged, type Layers, lineageOf } from "../../src/events/layers.ts";
import { findMerges, layersMax, type Merge, mergeBytesMax, readersOf } from "../../src/events/merges.ts";
import { seededRandom, type Random } from "../simulation/random.ts";
import { recordOf } from "../spec.ts";

/** `layer<parent`, a star for what a point stands on, a plus for a top: `b<a*` is a layer b with a point on it, on a. */
function treeOf(text: string, more: Partial<InstanceState> = {}) {
  const layers: Layers = new Map();
  const [points, tops]: string[][] = [[], []];
  for (const word of text.split(" ")) {
    const [, id = "", parent, marks = ""] = /^([a-z]\d*)(?:<([a-z]\d*))?([*+]*)$/.exec(word) ?? [];
    layers.set(id, { uses: marks.length, bytes: 1, ...(parent !== undefined && { parent }) });
    if (marks.includes("*")) points?.push(id);
    if (marks.includes("+")) tops?.push(id);
  }
  for (const parent of [...layers.values()].map((layer) => layer.parent)) if (parent !== undefined) use(layers, parent);
  const instances = new Map(
    (tops ?? []).map((layer) => [
      `i-${layer}`,
      { id: `i-${layer}`, layer, points: [], ...more } as unknown as InstanceState,
    ]),
  );
  return { layers, instances, points: points ?? [], tops: tops ?? [] };
}

function use(layers: Layers, id: string): void {
  const layer = layers.get(id);
  if (layer) layers.set(id, { ...layer, uses: layer.uses + 1 });
}

const merged = ({ layer, from, parent }: Merge) =>
  recordOf(
    {
      type: "layers.merged",
      version: 1,
      stream: "layers/daemon",
      data: { layer, from, bytes: 3, ...(parent !== undefined && { parent }) },
    },
    1,
  );

describe("what is merged", () => {
  const rows: [what: string, tree: string, expected: string[]][] = [
    ["a layer that only another one stands on goes into that", "a* b<a c<b* t<c+", ["c takes b, then stands on a"]],
    ["several of them at once", "a* b<a c<b d<c* t<d+", ["d takes c b, then stands on a"]],
    ["down to the image", "a b<a* t<b+", ["b takes a, then stands on the image"]],
    ["nothing where each has a point", "a* b<a* c<b* t<c+", []],
    ["nothing into a top, which is written to", "a* b<a t<b+", []],
    ["but what is below a layer under a top", "a b<a t<b+", ["b takes a, then stands on the image"]],
    ["nothing that two stand on", "a b<a* c<a* t<c+", []],
    ["nothing that another instance goes on from", "a b<a* t<b+ u<a+", []],
    [
      "on each of two branches its own",
      "a* b<a c<b* d<a e<d* t<e+",
      ["c takes b, then stands on a", "e takes d, then stands on a"],
    ],
  ];
  const said = ({ layer, from, parent }: Merge) =>
    `${layer} takes ${from.join(" ")}, then stands on ${parent ?? "the image"}`;
  for (const [what, tree, expected] of rows)
    test(`${what}: ${tree}`, () => expect(findMerges(treeOf(tree)).map(said)).toEqual(expected));

  test("the smallest comes first, and what is too large stays", () => {
    const tree = treeOf("a* b<a c<b* d<a e<d* t<e+");
    const weigh = (id: string, bytes: number) =>
      tree.layers.set(id, { ...(tree.layers.get(id) ?? { uses: 0 }), bytes });
    weigh("b", 9);
    expect(findMerges(tree).map(({ layer, bytes }) => [layer, bytes])).toEqual([
      ["e", 2],
      ["c", 10],
    ]);
    weigh("d", mergeBytesMax);
    expect(findMerges(tree).map(({ layer }) => layer)).toEqual(["c"]);
  });
  test("nothing below an instance that an operation is under way on", () => {
    expect(findMerges(treeOf("a* b<a c<b* t<c+", { pending: {} as NonNullable<InstanceState["pending"]> }))).toEqual(
      [],
    );
  });
  const chain = (length: number) =>
    `l0* ${Array.from({ length: length - 1 }, (_, at) => `l${at + 1}<l${at}*`).join(" ")} t<l${length - 1}+`;
  test("the uppermost of 64 layers that are all points takes in all others", () => {
    expect(findMerges(treeOf(chain(layersMax - 1)))).toEqual([]);
    const tree = treeOf(chain(layersMax));
    const [flat] = findMerges(tree);
    expect([flat?.layer, flat?.from.length, flat?.from.at(-1), flat?.parent]).toEqual(["l63", 63, "l0", undefined]);
    if (flat) evolveMerged({ layers: tree.layers, dropped: new Map() }, merged(flat));
    expect([chainOf(tree.layers, "t"), chainOf(tree.layers, "l62").length, findMerges(tree)]).toEqual([
      ["t", "l63"],
      63,
      [],
    ]);
  });
  test("who reads through a layer is known", () => {
    expect(readersOf(treeOf("a* b<a* t<b+ u<a+"), "b")).toEqual(["i-t"]);
    expect(readersOf(treeOf("a* b<a* t<b+ u<a+"), "a")).toEqual(["i-t", "i-u"]);
  });
});

/** The point on a layer is deleted. */
function letGo(layers: Layers, layer: string): void {
  const of = (points: object[]) => ({ hardware: {}, layer: "none", points }) as unknown as InstanceState;
  const record = recordOf({ type: "instance.point-removed", version: 1, stream: "instance/i", data: {} }, 1);
  evolveLayers({ layers, dropped: new Map() }, record, of([{ layer }]), of([]));
}

describe("a merge that is done", () => {
  const foldOf = (tree: string, event: Merge) => {
    const { layers } = treeOf(tree);
    const dropped: Dropped = new Map();
    evolveMerged({ layers, dropped }, merged(event));
    return { layers, dropped };
  };
  test("lets go of what was taken in, and of nothing else", () => {
    const { layers, dropped } = foldOf("a* b<a c<b* t<c+", { layer: "c", from: ["b"], parent: "a", bytes: 2 });
    expect([...dropped]).toEqual([["b", "layer"]]);
    expect(layers.get("c")).toEqual({ uses: 2, parent: "a", bytes: 3 });
    expect(layers.get("a")).toMatchObject({ uses: 2 });
  });
  test("lets go of nothing that is needed, whatever it says", () => {
    const { layers, dropped } = foldOf("a* b<a* c<b* t<c+", { layer: "c", from: ["b"], parent: "a", bytes: 2 });
    expect([dropped.size, layers.get("b")?.uses, layers.get("a")?.uses]).toEqual([0, 1, 3]);
  });
  test("leaves history as it was: what a layer was made on is known for as long as it is there", () => {
    const { layers } = treeOf("a* b<a* c<b* d<c* e<d t<e+");
    const dropped: Dropped = new Map();
    const fold = (merge: Omit<Merge, "bytes">) => evolveMerged({ layers, dropped }, merged({ ...merge, bytes: 0 }));
    fold({ layer: "d", from: ["c", "b", "a"] });
    expect([chainOf(layers, "t"), lineageOf(layers, "t")]).toEqual([
      ["t", "e", "d"],
      ["t", "e", "d", "c", "b", "a"],
    ]);
    fold({ layer: "c", from: ["b"], parent: "a" });
    expect(lineageOf(layers, "t")).toEqual(["t", "e", "d", "c", "b", "a"]);
    // Its point is deleted: whoever was after it is after the one below.
    letGo(layers, "c");
    expect(lineageOf(layers, "t")).toEqual(["t", "e", "d", "b", "a"]);
    letGo(layers, "d");
    fold({ layer: "e", from: ["d"] });
    expect([chainOf(layers, "t"), lineageOf(layers, "t")]).toEqual([
      ["t", "e"],
      ["t", "e", "b", "a"],
    ]);
    for (const each of ["b", "a"]) letGo(layers, each);
    expect([...layers.values()].filter(({ after }) => after !== undefined)).toEqual([]);
  });
  test("of a layer that is gone meanwhile changes nothing", () => {
    const { layers, dropped } = foldOf("a* t<a+", { layer: "c", from: ["b"], parent: "a", bytes: 2 });
    expect([dropped.size, layers.get("a")?.uses]).toEqual([0, 2]);
  });
});

/** A tree of up to 40 layers in the order in which they were made. */
function randomTree(random: Random): string {
  const words: string[] = [];
  for (let at = 0; at < 2 + random.below(38); at++) {
    const parent = at > 0 && random.chance(0.95) ? `<l${random.chance(0.7) ? at - 1 : random.below(at)}` : "";
    words.push(`l${at}${parent}${random.chance(0.4) ? "*" : ""}`);
  }
  const childless = words.filter(
    (word, at) =>
      !words.some((other) => other.includes(`<l${at}`) && /<(l\d+)/.exec(other)?.[1] === /^l\d+/.exec(word)?.[0]),
  );
  const tops = new Set(childless.map((word) => /^l\d+/.exec(word)?.[0] ?? ""));
  // A layer that nothing stands on is a top or a point's.
  return words
    .map((word) => (tops.has(/^l\d+/.exec(word)?.[0] ?? "") ? (word.endsWith("*") ? word : `${word}+`) : word))
    .join(" ");
}

test("whatever the tree, what is read through a point or a top stays, and nothing goes that somebody needs", () => {
  for (let seed = 0; seed < 400; seed++) {
    const text = randomTree(seededRandom(seed));
    const tree = treeOf(text);
    const { layers, points, tops } = tree;
    const content = new Map([...layers.keys()].map((id) => [id, [id]]));
    const parents = new Map([...layers].map(([id, { parent }]) => [id, parent]));
    /** What a file and those that it stands on hold, the lowest first. */
    const read = (id: string): string[] => {
      const below = parents.get(id);
      return [...(below === undefined ? [] : read(below)), ...(content.get(id) ?? ["gone"])];
    };
    const before = [...points, ...tops].map((id) => [id, read(id).join(" ")]);
    const dropped: Dropped = new Map();
    for (let turn = 0; turn < 100; turn++) {
      const [merge] = findMerges(tree);
      if (!merge) break;
      for (const each of merge.from) {
        const children = [...parents].filter(([id, parent]) => parent === each && !dropped.has(id));
        expect({ text, each, children: children.length, isNeeded: [...points, ...tops].includes(each) }).toMatchObject({
          children: 1,
          isNeeded: false,
        });
      }
      content.set(
        merge.layer,
        [...merge.from.toReversed(), merge.layer].flatMap((each) => content.get(each) ?? []),
      );
      parents.set(merge.layer, merge.parent);
      evolveMerged({ layers, dropped }, merged(merge));
      for (const gone of dropped.keys()) content.delete(gone);
      expect({ text, gone: [...dropped.keys()].filter((id) => [...points, ...tops].includes(id)) }).toEqual({
        text,
        gone: [],
      });
    }
    expect({ text, left: findMerges(tree) }).toEqual({ text, left: [] });
    expect([...points, ...tops].map((id) => [id, read(id).join(" ")])).toEqual(before);
    for (const [id, { parent }] of layers) expect([id, parent]).toEqual([id, parents.get(id)]);
  }
});
