/** Settings and what they mean. */
import type { AsOf } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

export interface SettingRow {
  readonly key: string;
  readonly value: string;
  readonly default: string;
  readonly about: string;
}

const columns: readonly Column<SettingRow>[] = [
  { title: "KEY", cell: ({ key }) => key },
  {
    title: "VALUE",
    cell: ({ value }) => value || "-",
    csv: ({ value }) => value,
    style: (row) => (row.value === row.default ? undefined : "bold"),
  },
  { title: "DEFAULT", cell: (row) => row.default || "-", csv: (row) => row.default },
  { title: "ABOUT", cell: ({ about }) => about, widthMin: 16 },
];

/** `asOf`: they are of then. */
export function settingsView(settings: readonly SettingRow[], asOf?: AsOf): View {
  const records = settings.map(({ key, value, default: standard, about }) => ({
    key,
    value,
    default: standard,
    about,
  }));
  return {
    document: { schema: 1, ...(asOf && { asOf }), settings: records },
    records,
    csv: csvOf(settings, columns),
    names: settings.map(({ key }) => key),
    table: (page) => (settings.length === 0 ? "" : table(settings, columns, page)),
  };
}

/** One setting: people and scripts get its value alone. */
export function settingView(setting: SettingRow, asOf?: AsOf): View {
  return {
    ...settingsView([setting]),
    document: { schema: 1, ...(asOf && { asOf }), key: setting.key, value: setting.value },
    table: () => setting.value,
  };
}
