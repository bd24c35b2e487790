/** What is different between two places in an instance's history. */
import type { Difference } from "../model/differences.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

/** `from` and `to`: what the two places are called. */
export function diffView(from: string, to: string, rows: readonly Difference[]): View {
  const columns: readonly Column<Difference>[] = [
    { title: "KEY", cell: ({ key }) => key },
    { title: from, cell: ({ before }) => before, widthMin: 8 },
    { title: to, cell: ({ after }) => after, widthMin: 8 },
  ];
  return {
    document: { schema: 1, from, to, configuration: rows.map((row) => ({ ...row })) },
    records: rows.map((row) => ({ ...row })),
    csv: { ...csvOf(rows, columns), header: ["key", "before", "after"] },
    names: rows.map(({ key }) => key),
    table: (page) => (rows.length === 0 ? "" : table(rows, columns, page)),
  };
}
