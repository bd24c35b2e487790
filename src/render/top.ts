/** What instances use now, the busiest first. */
import { formatDuration } from "../model/duration.ts";
import type { InstanceMetrics, MetricSample } from "../model/metrics.ts";
import { formatSize } from "../model/size.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

interface Row extends Omit<InstanceMetrics, "samples"> {
  readonly sample: Partial<MetricSample>;
}

const rowsOf = (instances: readonly InstanceMetrics[]): Row[] =>
  instances
    .map(({ samples, ...each }): Row => ({ ...each, sample: samples.at(-1) ?? {} }))
    .toSorted((a, b) => (b.sample.cpuPercent ?? -1) - (a.sample.cpuPercent ?? -1) || a.name.localeCompare(b.name));

type Rate = "diskReadRate" | "diskWriteRate" | "netInRate" | "netOutRate";

/** What nobody could tell is a dash. */
const sizeText = (bytes: number | undefined) => (bytes === undefined ? "-" : formatSize(bytes));
const numberText = (value: number | undefined) => (value === undefined ? "" : String(value));
const rate = (title: string, key: Rate): Column<Row> => ({
  title,
  cell: ({ sample }) => sizeText(sample[key]),
  csv: ({ sample }) => numberText(sample[key]),
  isRight: true,
});

const columns: readonly Column<Row>[] = [
  { title: "NAME", cell: ({ name }) => name, style: () => "bold", widthMin: 8 },
  {
    title: "CPU %",
    cell: ({ sample: { cpuPercent } }) => (cpuPercent === undefined ? "-" : cpuPercent.toFixed(1)),
    csv: ({ sample }) => numberText(sample.cpuPercent),
    isRight: true,
  },
  {
    title: "MEMORY",
    cell: ({ sample, memoryBytes }) => `${sizeText(sample.memoryUsedBytes)}/${formatSize(memoryBytes)}`,
    csv: ({ sample }) => numberText(sample.memoryUsedBytes),
    isRight: true,
  },
  rate("READ/s", "diskReadRate"),
  rate("WRITE/s", "diskWriteRate"),
  rate("IN/s", "netInRate"),
  rate("OUT/s", "netOutRate"),
  {
    title: "UP",
    cell: ({ startedAt }, page) => (startedAt === undefined ? "-" : formatDuration(page.age(startedAt))),
    csv: ({ startedAt }) => startedAt ?? "",
    isRight: true,
  },
];

/** Each with its newest sample. */
export function topView(instances: readonly InstanceMetrics[]): View {
  const rows = rowsOf(instances);
  const records = rows.map(({ sample, ...each }) => ({ ...each, ...sample }));
  return {
    document: { schema: 1, instances: records },
    records,
    csv: csvOf(rows, [
      ...columns.slice(0, 3),
      { title: "LIMIT", cell: ({ memoryBytes }) => String(memoryBytes) },
      ...columns.slice(3),
    ]),
    names: rows.map(({ name }) => name),
    table: (page) => (rows.length === 0 ? "" : table(rows, columns, page)),
  };
}
