/** Why an instance is as it is. */
import type { Explanation } from "../model/view.ts";
import { instanceRecord } from "./instances.ts";
import { card } from "./table.ts";
import type { View } from "./view.ts";

export function explanationView({ instance, summary, facts, next }: Explanation): View {
  const document = { schema: 1, name: instance.name, summary, facts, next: next ?? null, instance: instanceRecord(instance) };
  const lines = [...facts.map(({ label, text }) => [label, text] as const), ...(next === undefined ? [] : [["next", next] as const])];
  return {
    document,
    records: [document],
    csv: { header: ["name", "state", "summary", "next"], rows: [[instance.name, instance.state, summary, next ?? ""]] },
    names: [instance.name],
    table: (page) => card([[instance.name, summary], ...lines], page),
  };
}
