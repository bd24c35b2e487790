/** What an import does, or would do, instance by instance; and what of the other manager stays where it is. */
import { formatSize } from "../model/size.ts";
import type { ForeignInstance, ForeignStore } from "../model/foreign.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { Style } from "./text.ts";
import type { Json, JsonObject, View } from "./view.ts";

/** `import` and `refuse` are what would be; the others have come to pass. */
export type ImportVerdict = "import" | "imported" | "skip" | "refuse" | "failed";

export interface ImportRow {
  readonly name: string;
  readonly verdict: ImportVerdict;
  /** What was found; absent where that could not be made out. */
  readonly found?: ForeignInstance;
  /** Each as a line to paste, for when there are mounts. */
  readonly mounts: readonly string[];
  readonly why?: string;
  readonly code?: string;
  readonly next?: string;
  readonly operation?: number;
}

const styles: Readonly<Record<ImportVerdict, Style>> = {
  import: "green",
  imported: "green",
  skip: "dim",
  refuse: "red",
  failed: "red",
};

const columns: readonly Column<ImportRow>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "VERDICT", cell: ({ verdict }) => verdict, style: ({ verdict }) => styles[verdict] },
  { title: "STATE", cell: ({ found }) => found?.state ?? "-" },
  { title: "IMAGE", cell: ({ found }) => found?.title ?? "-", widthMin: 10 },
  {
    title: "BYTES",
    cell: ({ found }) => (found ? formatSize(found.disk.bytes) : "-"),
    csv: ({ found }) => String(found?.disk.bytes ?? ""),
    isRight: true,
  },
  {
    title: "POINTS",
    cell: ({ found }) => found?.snapshots.map(({ name }) => name).join(", ") || "-",
    csv: ({ found }) => found?.snapshots.map(({ name }) => name).join(" ") ?? "",
    widthMin: 8,
  },
];
const csvColumns: readonly Column<ImportRow>[] = [
  ...columns,
  { title: "MOUNTS", cell: ({ found }) => String(found?.mounts.length ?? 0) },
  { title: "WHY", cell: ({ why }) => why ?? "" },
  { title: "NEXT", cell: ({ next }) => next ?? "" },
];

/** What stands below a row: why, what is different afterwards, and what is not taken over yet. */
export function importNotes({ found, mounts, why, next }: ImportRow): string[] {
  return [
    ...(why === undefined ? [] : [why]),
    ...(next === undefined ? [] : [`next: ${next}`]),
    ...(found?.notes ?? []),
    ...mounts.map((line) => `mount not taken over yet; later: ${line}`),
  ];
}

/** What an import leaves out of a storage as a whole, a sentence each. */
export function leftNotes({ aliases, settings, faults }: ForeignStore): string[] {
  const names = Object.values(aliases?.contexts ?? {}).flatMap((context) => Object.keys(context));
  return [
    ...(names.length > 0 ? [`aliases are not taken over yet: ${names.join(", ")}`] : []),
    ...(settings.length > 0 ? [`settings of its daemon are not taken over: ${settings.join(", ")}`] : []),
    ...faults.map((fault) => `not read: ${fault}`),
  ];
}

function recordOf({ name, verdict, found, mounts, why, code, next, operation }: ImportRow): JsonObject {
  const details: JsonObject = found
    ? {
        state: found.state,
        deleted: found.isDeleted,
        image: found.title,
        imageId: found.from.image,
        ...found.specs,
        user: found.user,
        mac: found.from.mac,
        path: found.disk.path,
        bytes: found.disk.bytes,
        points: found.snapshots.map((snapshot): Json => ({ ...snapshot, specs: { ...snapshot.specs } })),
        head: found.head,
        mounts: found.mounts.map((mount, index): Json => ({ ...mount, next: mounts[index] })),
        notes: found.notes,
      }
    : {};
  return { name, verdict, why, code, next, operation, ...details };
}

export function importView(store: ForeignStore, rows: readonly ImportRow[]): View {
  const { directory, aliases, settings, faults } = store;
  const records = rows.map(recordOf);
  return {
    document: {
      schema: 1,
      from: "multipass",
      directory,
      instances: records,
      left: { aliases: (aliases ?? null) as Json, settings, images: "not needed: each disk is whole", faults },
    },
    records,
    csv: csvOf(rows, csvColumns),
    names: rows.filter(({ verdict }) => verdict === "import" || verdict === "imported").map(({ name }) => name),
    table: (page) => (rows.length === 0 ? "" : table(rows, columns, page, { under: "VERDICT", lines: importNotes })),
  };
}
