/** Terminals that the daemon keeps. */
import type { TerminalView } from "../model/terminal.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

const stateOf = ({ attached, gone }: TerminalView): "attached" | "left" | "ended" =>
  gone ? "ended" : attached > 0 ? "attached" : "left";

const columns: readonly Column<TerminalView>[] = [
  { title: "INSTANCE", cell: ({ instance }) => instance.name, style: () => "bold" },
  { title: "TERMINAL", cell: ({ number }) => String(number) },
  { title: "BY", cell: ({ by }) => by },
  { title: "OPENED", cell: ({ openedAt }, page) => page.localTime(openedAt), csv: ({ openedAt }) => openedAt },
  { title: "STATE", cell: stateOf, style: (row) => (stateOf(row) === "ended" ? "dim" : undefined) },
  {
    title: "SINCE",
    cell: ({ leftAt, gone }, page) => {
      const at = gone?.at ?? leftAt;
      return at === undefined ? "" : page.localTime(at);
    },
    csv: ({ leftAt, gone }) => gone?.at ?? leftAt ?? "",
  },
  { title: "RESULT", cell: ({ gone }) => gone?.result ?? "", widthMin: 12 },
];

export function terminalsView(terminals: readonly TerminalView[]): View {
  const records = terminals.map(({ instance, ...each }) => ({
    instance: instance.name,
    instanceId: instance.id,
    ...each,
    state: stateOf({ instance, ...each }),
  }));
  return {
    document: { schema: 1, terminals: records },
    records,
    csv: csvOf(terminals, columns),
    names: terminals.map(({ instance, number }) => `${instance.name} ${number}`),
    table: (page) => (terminals.length === 0 ? "" : table(terminals, columns, page)),
  };
}
