/**
 * Every figure by one command, with one table as output: `bun test/bench/table.ts [--quick] [log|scale|guests|past]…`.
 * On a machine with nothing else to do. Exit code 1: a goal is not met. `--quick` is for trying it out: a tenth of the events, one pair.
 */
import { parseArgs } from "node:util";
import { cpus, release } from "node:os";
import { appendRows } from "./appends.ts";
import { createWorkspace } from "./events.ts";
import { guestRows } from "./figures.ts";
import { logRows } from "./log.ts";
import { pastRows } from "./past.ts";
import { type Row, tableOf } from "./row.ts";
import { scaleRows } from "./scale.ts";

interface Size {
  readonly events: number;
  readonly appendPairs: number;
  readonly launchPairs: number;
  readonly lengths: readonly number[];
}

const whole: Size = { events: 1_000_000, appendPairs: 7, launchPairs: 5, lengths: [100_000, 1_000_000] };
const quick: Size = { events: 100_000, appendPairs: 1, launchPairs: 1, lengths: [100_000] };

const groups: Readonly<Record<string, (size: Size) => AsyncGenerator<Row>>> = {
  log: overLogs,
  scale: ({ lengths }) => scaleRows(lengths),
  guests: ({ launchPairs }) => guestRows(launchPairs),
  past: ({ launchPairs }) => pastRows(launchPairs),
};

async function* overLogs({ events, appendPairs }: Size): AsyncGenerator<Row> {
  const workspace = createWorkspace();
  try {
    yield* appendRows(workspace, appendPairs);
    yield* logRows(workspace, events);
  } finally {
    workspace.close();
  }
}

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length === 0 ? Object.keys(groups) : positionals;
const rows: Row[] = [];
for (const name of names) {
  const group = groups[name];
  if (!group) throw new Error(`there is no group ${name}: ${Object.keys(groups).join(", ")}`);
  for await (const row of group(values.quick ? quick : whole)) {
    rows.push(row);
    // How far it is, for who watches; the table alone goes to standard output.
    console.error(`${row.what}: ${row.ours}`);
  }
}
const [processor] = cpus();
console.log(
  `${cpus().length} x ${processor?.model ?? "unknown"}, ${process.platform} ${release()}, Bun ${Bun.version}\n`,
);
console.log(tableOf(rows));
process.exit(rows.some(({ goal }) => goal?.isMet === false) ? 1 : 0);
