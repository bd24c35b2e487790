/** Ports of the host that lead into instances. */
import { formatHostPort } from "../model/forward.ts";
import type { ForwardView } from "../model/forward-view.ts";
import type { AsOf, InstanceView } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

/** `open`: it leads in; `waiting`: the instance does not run; `lost`: it runs, and the port does not lead there. */
type ForwardWord = "open" | "waiting" | "lost";

interface Row extends ForwardView {
  readonly instance: string;
  readonly word: ForwardWord;
}

const rowsOf = ({ name, power, forwards = [] }: InstanceView): Row[] =>
  forwards.map((each) => ({ ...each, instance: name, word: wordOf(power, each) }));

function wordOf(power: InstanceView["power"], { failure }: ForwardView): ForwardWord {
  if (power !== "running") return "waiting";
  return failure ? "lost" : "open";
}

const columns: readonly Column<Row>[] = [
  { title: "INSTANCE", cell: ({ instance }) => instance, style: () => "bold" },
  { title: "BIND", cell: ({ bind }) => bind },
  { title: "PORT", cell: ({ host, protocol }) => `${host}/${protocol}`, csv: ({ host }) => String(host) },
  { title: "GUEST", cell: ({ guest }) => String(guest) },
  {
    title: "STATE",
    cell: stateOf,
    csv: ({ word }) => word,
    style: ({ word }) => (word === "lost" ? "red" : undefined),
  },
];

/** The reason of a lost one names its port, which stands in the row already. */
function stateOf({ word, failure }: Row): string {
  if (word !== "lost" || !failure) return word;
  return `lost: ${failure.reason.replace(/^port \S+ (?:is )?/, "")}`;
}

/** Of all these instances; `asOf`: as they were then. */
export function forwardsView(instances: readonly InstanceView[], asOf?: AsOf): View {
  const rows = instances.flatMap(rowsOf);
  const records = rows.map(({ instance, protocol, bind, host, guest, word, failure }) => ({
    instance,
    protocol,
    bind,
    host,
    guest,
    state: word,
    ...(word === "lost" && failure && { code: failure.code, reason: failure.reason, since: failure.at }),
  }));
  return {
    document: { schema: 1, ...(asOf && { asOf }), forwards: records },
    records,
    csv: csvOf(rows, [
      ...columns.slice(0, 3),
      { title: "PROTOCOL", cell: ({ protocol }) => protocol },
      ...columns.slice(3),
    ]),
    names: rows.map(formatHostPort),
    table: (page) => (rows.length === 0 ? "" : table(rows, columns, page)),
  };
}
