/** The lines and marks of the tree of points, drawn beside its rows. */
import type { DrawnTree, TreeRow } from "../pure/point-tree.ts";

export const rowHeight = 52;
const laneWidth = 22;
const markSize = 6;

const xOf = (lane: number): number => 16 + lane * laneWidth;
const yOf = (row: number): number => row * rowHeight + rowHeight / 2;
/** Room for the lanes, left of the words. */
export const widthOf = ({ width }: DrawnTree): number => xOf(width);

export function TreeLines({ tree }: { tree: DrawnTree }) {
  const { rows, edges } = tree;
  return (
    <svg width={widthOf(tree)} height={rows.length * rowHeight} aria-hidden="true">
      {edges.map(({ from, to, lane, toLane, isOwn, isLeft }) => (
        <path class={`edge${isOwn ? " own" : ""}${isLeft ? " left" : ""}`} d={pathOf(from, to, lane, toLane)} />
      ))}
      {rows.map((row, index) => (
        <Mark row={row} y={yOf(index)} />
      ))}
    </svg>
  );
}

/** Straight down its own lane, and over to the other one in the last half row. */
function pathOf(from: number, to: number, lane: number, toLane: number): string {
  const [x, x2, y, y2] = [xOf(lane), xOf(toLane), yOf(from), yOf(to)];
  const turn = y2 - rowHeight / 2;
  return lane === toLane ? `M${x} ${y}V${y2}` : `M${x} ${y}V${turn}C${x} ${y2} ${x} ${y2} ${x2} ${y2}`;
}

/** A disc for now, a diamond for a point (filled: with memory), a square for the image. */
function Mark({ row: { id, lane, point }, y }: { row: TreeRow; y: number }) {
  const x = xOf(lane);
  if (point) {
    const d = `M${x} ${y - markSize - 1}l${markSize + 1} ${markSize + 1}l-${markSize + 1} ${markSize + 1}l-${markSize + 1}-${markSize + 1}z`;
    return <path class={point.kept ? "dot full" : "dot"} d={d} />;
  }
  if (id === "image") return <rect class="dot" x={x - 5} y={y - 5} width={10} height={10} />;
  return <circle class="dot here" cx={x} cy={y} r={markSize + 2} />;
}
