/** Why an instance is as it is. */
import type { Explanation } from "../model/view.ts";
import { instanceRecord } from "./instances.ts";
import { card } from "./table.ts";
import type { Page, View } from "./view.ts";

export function explanationView({ instance, summary, facts, next }: Explanation): View {
  const document = {
    schema: 1,
    name: instance.name,
    summary,
    facts,
    next: next ?? null,
    instance: instanceRecord(instance),
  };
  const lines = [
    ...facts.map(({ label, text }) => [label, text] as const),
    ...(next === undefined ? [] : [["next", next] as const]),
  ];
  return {
    document,
    records: [document],
    csv: { header: ["name", "state", "summary", "next"], rows: [[instance.name, instance.state, summary, next ?? ""]] },
    names: [instance.name],
    table: (page) =>
      card(
        [[instance.name, summary] as const, ...lines].map(([label, text]) => [label, withLocalTimes(text, page)]),
        page,
      ),
  };
}

/** The daemon writes times as it records them; people read them in their own time zone. */
const withLocalTimes = (text: string, page: Page) =>
  text.replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => page.localTime(time));
