/** What was done: a line per operation, the reason under it. */
import { formatDuration } from "../model/duration.ts";
import type { HistoryRow } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
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
const csvColumns: readonly Column<HistoryRow>[] = [
  ...columns.map((column) => (column.title === "TOOK" ? { ...column, title: "TOOK_MS" } : column)),
  { title: "REASON", cell: ({ reason }) => reason ?? "" },
  { title: "POSITION", cell: ({ position }) => String(position) },
];

export function historyView(rows: readonly HistoryRow[]): View {
  return {
    document: { schema: 1, history: rows },
    records: rows,
    csv: csvOf(rows, csvColumns),
    names: rows.flatMap(({ number }) => (number === undefined ? [] : [String(number)])),
    table: (page) =>
      rows.length === 0
        ? ""
        : table(rows, columns, page, {
            under: "WHAT",
            lines: ({ reason }) => (reason === undefined ? [] : [`"${reason}"`]),
          }),
  };
}
