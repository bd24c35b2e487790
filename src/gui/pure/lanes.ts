/**
 * Where the nodes of a tree stand when it is drawn with straight lanes, newest on top: one pass, each node in the leftmost lane
 * that was kept for it by what began from it, else in a free one.
 */

export interface TreeNode {
  readonly id: string;
  /** What it began from; undefined: it is a root. */
  readonly parent?: string | undefined;
}

/** A line from a node down to what it began from: straight in `lane` from row `from`, and over to `toLane` at row `to`. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly lane: number;
  readonly toLane: number;
}

export interface Lanes {
  /** Of each node, in its order. */
  readonly lanes: readonly number[];
  readonly edges: readonly Edge[];
  /** How many lanes there are. */
  readonly width: number;
}

/** A child that waits for its parent to come: the lane that it keeps until then. */
interface Waiting {
  readonly parent: string;
  readonly from: number;
}

/** `nodes`: newest first, each before its parent; the first one gets the leftmost lane, and so do those that it came from. A parent that is not there is none. */
export function layLanes(nodes: readonly TreeNode[]): Lanes {
  const present = new Set(nodes.map(({ id }) => id));
  const kept: (Waiting | undefined)[] = [];
  const lanes: number[] = [];
  const edges: Edge[] = [];
  let width = 0;
  nodes.forEach(({ id, parent }, row) => {
    const own = kept.flatMap((waiting, lane) => (waiting?.parent === id ? [{ ...waiting, lane }] : []));
    const lane = own[0]?.lane ?? firstFree(kept);
    for (const each of own) {
      edges.push({ from: each.from, to: row, lane: each.lane, toLane: lane });
      kept[each.lane] = undefined;
    }
    kept[lane] = parent !== undefined && present.has(parent) ? { parent, from: row } : undefined;
    lanes.push(lane);
    width = Math.max(width, kept.length);
  });
  return { lanes, edges, width };
}

function firstFree(kept: readonly (Waiting | undefined)[]): number {
  const free = kept.indexOf(undefined);
  return free < 0 ? kept.length : free;
}
