/** What doctor found, check by check. */
import { worst } from "../model/worst.ts";
import type { Check, Verdict } from "../model/check.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { Style } from "./text.ts";
import type { View } from "./view.ts";

const styles: Readonly<Record<Verdict, Style>> = { ok: "green", warn: "yellow", fail: "red" };

const columns: readonly Column<Check>[] = [
  { title: "VERDICT", cell: ({ verdict }) => verdict, style: ({ verdict }) => styles[verdict] },
  { title: "CHECK", cell: ({ name }) => name },
  { title: "FOUND", cell: ({ found }) => found },
];
const csvColumns: readonly Column<Check>[] = [...columns, { title: "NEXT", cell: ({ next }) => next ?? "" }];

export function checksView(checks: readonly Check[]): View {
  return {
    document: { schema: 1, result: worst(checks), checks },
    records: checks,
    csv: csvOf(checks, csvColumns),
    names: checks.filter(({ verdict }) => verdict !== "ok").map(({ name }) => name),
    table: (page) =>
      table(checks, columns, page, {
        under: "FOUND",
        lines: ({ next }) => (next === undefined ? [] : [`next: ${next}`]),
      }),
  };
}
