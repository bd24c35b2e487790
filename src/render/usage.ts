/** Space on the disk by what it is for. */
import { formatSize } from "../model/size.ts";
import type { Usage } from "../model/usage.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

interface Row {
  readonly what: string;
  /** Of one image or instance within the kind. */
  readonly name: string;
  readonly bytes: number;
  readonly virtualBytes?: number | undefined;
  readonly note?: string | undefined;
}

const columns: readonly Column<Row>[] = [
  {
    title: "WHAT",
    cell: ({ what, name }) => (name === "" ? what : `  ${name}`),
    csv: ({ what }) => what,
    widthMin: 12,
  },
  { title: "USED", cell: ({ bytes }) => formatSize(bytes), csv: ({ bytes }) => String(bytes), isRight: true },
  {
    title: "SIZE",
    cell: ({ virtualBytes }) => (virtualBytes === undefined ? "" : formatSize(virtualBytes)),
    csv: ({ virtualBytes }) => String(virtualBytes ?? ""),
    isRight: true,
  },
  { title: "NOTE", cell: ({ note }) => note ?? "", widthMin: 8 },
];
const csvColumns: readonly Column<Row>[] = [{ title: "NAME", cell: ({ name }) => name }, ...columns];

export function usageView(usage: Usage): View {
  const rows = usage.parts.flatMap(({ kind, bytes, items }): Row[] => [
    { what: kind, name: "", bytes },
    ...items.map((item) => ({ what: kind, ...item })),
  ]);
  return {
    document: { schema: 1, ...usage },
    records: usage.parts,
    csv: csvOf(rows, csvColumns),
    names: usage.parts.map(({ kind }) => kind),
    table: (page) =>
      table(
        [
          ...rows.filter(({ bytes, name }) => bytes > 0 || name !== ""),
          { what: "total", name: "", bytes: usage.bytes, note: usage.directory },
          {
            what: "free",
            name: "",
            bytes: usage.freeBytes,
            virtualBytes: usage.totalBytes,
            note: "of its file system",
          },
        ],
        columns,
        page,
      ),
  };
}
