/** Files of a point: what is in a folder, and what is different between two points. */
import type { FileDifference, FileEntry } from "../model/past-files.ts";
import { formatSize } from "../model/size.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

const letters = { file: "-", directory: "d", symlink: "l", other: "?" };

const columns: readonly Column<FileEntry>[] = [
  { title: "MODE", cell: ({ kind, mode }) => `${letters[kind]}${mode.toString(8).padStart(4, "0")}` },
  { title: "OWNER", cell: ({ uid, gid }) => `${uid}:${gid}` },
  { title: "SIZE", cell: ({ bytes }) => formatSize(bytes), csv: ({ bytes }) => String(bytes), isRight: true },
  {
    title: "MODIFIED",
    cell: ({ modifiedMs }, page) => page.localTime(new Date(modifiedMs).toISOString()),
    csv: ({ modifiedMs }) => String(modifiedMs),
  },
  { title: "NAME", cell: ({ name, target }) => (target === undefined ? name : `${name} -> ${target}`) },
];

export function fileListView(entries: readonly FileEntry[]): View {
  return {
    document: { schema: 1, files: entries },
    records: entries,
    csv: csvOf(entries, columns),
    names: entries.map(({ name }) => name),
    table: (page) => (entries.length === 0 ? "" : table(entries, columns, page)),
  };
}

type Change = Exclude<FileDifference, { change: "cut" }>;
const marks = { added: "+", removed: "-", modified: "M" };

const changeColumns: readonly Column<Change>[] = [
  { title: "", cell: ({ change }) => marks[change], csv: ({ change }) => change },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "PATH", cell: ({ path }) => path },
];

/** `+` added, `-` removed, `M` modified. */
export function fileChangesView(changes: readonly Change[]): View {
  return {
    document: { schema: 1, files: changes },
    records: changes,
    csv: { ...csvOf(changes, changeColumns), header: ["change", "kind", "path"] },
    names: changes.map(({ path }) => path),
    table: (page) => (changes.length === 0 ? "" : table(changes, changeColumns, page)),
  };
}
