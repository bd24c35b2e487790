/** What was done: a line per operation, the reason under it. */
import { formatDuration } from "../model/duration.ts";
import type { Change, HistoryRow } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column, Kept } from "./table.ts";
import { plainValue } from "./values.ts";
import type { View } from "./view.ts";

const isBad = (result: string) => result !== "ok" && result !== "" && result !== "0" && result !== "pending";

const columns: readonly Column<HistoryRow>[] = [
  {
    title: "OP",
    cell: ({ number }) => (number === undefined ? "-" : String(number)),
    csv: ({ number }) => String(number ?? ""),
  },
  { title: "WHEN", cell: ({ time }, page) => page.localTime(time), csv: ({ time }) => time },
  { title: "WHO", cell: ({ who }) => who, widthMin: 6 },
  { title: "WHAT", cell: ({ what }) => what, widthMin: 12 },
  {
    title: "RESULT",
    cell: ({ result }) => result,
    style: ({ result }) => (isBad(result) ? "red" : undefined),
    widthMin: 8,
  },
  {
    title: "TOOK",
    cell: ({ durationMs }) => (durationMs === undefined ? "" : formatDuration(durationMs)),
    csv: ({ durationMs }) => String(durationMs ?? ""),
  },
  { title: "POINT", cell: ({ point }) => point ?? "" },
];
/** Of the history of one key: what it was set to, instead of how that went. */
const keyColumns: readonly Column<HistoryRow>[] = [
  ...columns.filter(({ title }) => ["OP", "WHEN", "WHO"].includes(title)),
  valueColumn("BEFORE", (change) => change.before),
  valueColumn("AFTER", (change) => change.after),
  ...columns.filter(({ title }) => title === "WHAT"),
];

function valueColumn(title: string, valueOf: (change: Change) => Change["after"]): Column<HistoryRow> {
  return {
    title,
    cell: ({ change }) => (change ? plainValue(change.key, valueOf(change)) : ""),
    csv: ({ change }) => String((change && valueOf(change)) ?? ""),
  };
}

const more: readonly Column<HistoryRow>[] = [
  { title: "REASON", cell: ({ reason }) => reason ?? "" },
  { title: "POSITION", cell: ({ position }) => String(position) },
];
const inMilliseconds = (column: Column<HistoryRow>) =>
  column.title === "TOOK" ? { ...column, title: "TOOK_MS" } : column;

export interface HistoryShape {
  /** Each row sets the same key. */
  readonly isOfKey?: boolean;
  /** For a history that goes on: what was printed of it. */
  readonly kept?: Kept;
}

/** Columns that are wide enough for most of what will come. */
export const keptHistory = (): Kept => ({ widths: [4, 11, 8, 20, 9, 10], isHeaded: false });

export function historyView(rows: readonly HistoryRow[], { isOfKey = false, kept }: HistoryShape = {}): View {
  const shown = isOfKey ? keyColumns : columns;
  return {
    document: { schema: 1, history: rows },
    records: rows,
    csv: csvOf(rows, [...shown.map(inMilliseconds), ...more]),
    names: rows.flatMap(({ number }) => (number === undefined ? [] : [String(number)])),
    table: (page) =>
      rows.length === 0
        ? ""
        : table(
            rows,
            shown,
            page,
            { under: "WHAT", lines: ({ reason }) => (reason === undefined ? [] : [`"${reason}"`]) },
            kept,
          ),
  };
}
