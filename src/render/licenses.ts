/** The parts of the executable and their licences. */
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

export interface Part {
  readonly name: string;
  readonly version: string;
  /** Where its source is to be had. */
  readonly source: string;
  readonly licences: readonly string[];
}

const columns: readonly Column<Part>[] = [
  { title: "PART", cell: ({ name }) => name },
  { title: "VERSION", cell: ({ version }) => version, widthMin: 8 },
  { title: "SOURCE", cell: ({ source }) => source },
  { title: "LICENCE", cell: ({ licences }) => licences.join(", "), widthMin: 12 },
];

export function licensesView(parts: readonly Part[]): View {
  const records = parts.map(({ name, version, source, licences }) => ({ name, version, source, licences }));
  return {
    document: { schema: 1, parts: records },
    records,
    csv: csvOf(parts, columns),
    names: parts.map(({ name }) => name),
    table: (page) => table(parts, columns, page),
  };
}
