/** The points of instances as a tree: what began from what, what it costs, and where we are. */
import { formatDuration } from "../model/duration.ts";
import type { PointTree } from "../model/point-view.ts";
import { formatSize } from "../model/size.ts";
import type { AsOf } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { Page, View } from "./view.ts";

type Point = PointTree["points"][number];

/** A line: a point, the instance above its points, or the place where we are. */
interface Line {
  readonly instance: string;
  /** Drawn in front of the name. */
  readonly lead: string;
  readonly name: string;
  readonly point?: Point;
}

const bytesOf = ({ bytes, kept }: Point): number => bytes + (kept?.memoryBytes ?? 0);

/** An automatic point may go before its time. */
function staysFor({ isHeld, expires, kind }: Point, page: Page): string {
  if (isHeld) return "held";
  if (expires !== undefined) return `for ${formatDuration(Math.max(0, -page.age(expires)))}`;
  return kind === "auto" ? "until thinned" : "";
}

const columns: readonly Column<Line>[] = [
  {
    title: "POINT",
    cell: ({ lead, name }) => lead + name,
    style: ({ name }) => (name === "now" ? "green" : undefined),
  },
  { title: "WHEN", cell: ({ point }, page) => (point ? page.localTime(point.madeAt) : "") },
  { title: "MADE BY", cell: ({ point }) => (point ? `${point.cause} (operation ${point.operation})` : "") },
  { title: "KEEPS", cell: ({ point }) => (point ? (point.kept ? "disk + memory" : "disk") : "") },
  { title: "SIZE", cell: ({ point }) => (point ? formatSize(bytesOf(point)) : ""), isRight: true },
  {
    title: "STAYS",
    cell: ({ point }, page) => (point ? staysFor(point, page) : ""),
  },
];

const csvColumns: readonly Column<PointTree["points"][number] & { readonly instance: string }>[] = [
  { title: "INSTANCE", cell: ({ instance }) => instance },
  { title: "POINT", cell: ({ name }) => name },
  { title: "PARENT", cell: ({ parent }) => parent ?? "" },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "MADE_AT", cell: ({ madeAt }) => madeAt },
  { title: "OPERATION", cell: ({ operation }) => String(operation) },
  { title: "BYTES", cell: ({ bytes }) => String(bytes) },
  { title: "MEMORY_BYTES", cell: ({ kept }) => String(kept?.memoryBytes ?? 0) },
  { title: "HELD", cell: ({ isHeld }) => String(isHeld) },
  { title: "EXPIRES", cell: ({ expires }) => expires ?? "" },
];

/** Comments stand under their points. */
export function treeView(trees: readonly PointTree[], asOf?: AsOf): View {
  const rows = trees.flatMap(({ instance, points }) => points.map((point) => ({ ...point, instance: instance.name })));
  return {
    document: { schema: 1, ...(asOf && { asOf }), instances: trees },
    records: rows,
    csv: csvOf(rows, csvColumns),
    names: rows.map(({ instance, name }) => `${instance}@${name}`),
    table: (page) =>
      trees.length === 0
        ? ""
        : table(trees.flatMap(linesOf), columns, page, {
            under: "WHEN",
            lines: ({ point }) => (point?.comment === undefined ? [] : [`"${point.comment}"`]),
          }),
  };
}

/** The instance, and below it what began from its image, each with what began from it. */
function linesOf({ instance, points, now }: PointTree): Line[] {
  const lines: Line[] = [{ instance: instance.name, lead: "", name: instance.name }];
  const below = (parent: string | undefined, indent: string): void => {
    const children: (Point | undefined)[] = points.filter((point) => point.parent === parent);
    if (now === parent) children.push(undefined);
    children.forEach((point, index) => {
      const isLast = index === children.length - 1;
      const lead = `${indent}${isLast ? "└─ " : "├─ "}`;
      lines.push({ instance: instance.name, lead, name: point?.name ?? "now", ...(point && { point }) });
      if (point) below(point.name, `${indent}${isLast ? "   " : "│  "}`);
    });
  };
  below(undefined, "");
  return lines;
}
