/** The tree of an instance's points as rows to draw: now on top, the image at the bottom. */
import type { PointTree } from "../../model/point-view.ts";
import { type Edge, layLanes } from "./lanes.ts";

export type TreePoint = PointTree["points"][number];

/** A row: the present, a point, or the image that all came from. */
export interface TreeRow {
  readonly id: string;
  readonly point?: TreePoint;
  readonly lane: number;
  /** The present stands on it. */
  readonly isOwn: boolean;
}

export interface DrawnTree {
  readonly rows: readonly TreeRow[];
  readonly edges: readonly (Edge & { readonly isOwn: boolean; readonly isLeft: boolean })[];
  readonly width: number;
}

export const [nowId, imageId] = ["now", "image"];

/** `isOwn` edges lead from now to the image; `isLeft` ones belong to what a restore left. */
export function drawTree({ points, now }: PointTree): DrawnTree {
  // Names may not be `now`; ids are used, so that a point called `image` is no trouble.
  const idOf = new Map(points.map(({ name, id }) => [name, id]));
  const parentOf = (name: string | undefined) => (name === undefined ? undefined : idOf.get(name)) ?? imageId;
  const newest = points.toSorted((one, other) => (one.madeAt < other.madeAt ? 1 : -1));
  const nodes = ordered([
    { id: nowId, parent: parentOf(now) },
    ...newest.map((point) => ({ id: point.id, parent: parentOf(point.parent), point })),
    { id: imageId },
  ]);
  const { lanes, edges, width } = layLanes(nodes);
  const own = new Set<string>();
  for (let node = nodes[0]; node && !own.has(node.id); node = nodes.find(({ id }) => id === node?.parent))
    own.add(node.id);
  const rows = nodes.map((node, row) => ({ ...node, lane: lanes[row] ?? 0, isOwn: own.has(node.id) }));
  return {
    rows,
    edges: edges.map((edge) => {
      const { isOwn = false, point } = rows[edge.from] ?? {};
      return { ...edge, isOwn, isLeft: point?.kind === "branch" && !isOwn };
    }),
    width,
  };
}

interface Node {
  readonly id: string;
  readonly parent?: string;
  readonly point?: TreePoint;
}

/** By time, but never a parent above what began from it: the clocks of a host may have been wrong. */
function ordered(nodes: readonly Node[]): Node[] {
  const children = new Map<string, number>();
  for (const { parent } of nodes) if (parent !== undefined) children.set(parent, (children.get(parent) ?? 0) + 1);
  const left = [...nodes];
  const done: Node[] = [];
  while (left.length > 0) {
    const at = Math.max(
      0,
      left.findIndex(({ id }) => (children.get(id) ?? 0) === 0),
    );
    const [next] = left.splice(at, 1);
    if (!next) break;
    done.push(next);
    if (next.parent !== undefined) children.set(next.parent, (children.get(next.parent) ?? 1) - 1);
  }
  return done;
}
