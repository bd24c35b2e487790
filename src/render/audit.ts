/** What a check of the log found, and what it does not prove. */
import { card } from "./table.ts";
import type { View } from "./view.ts";

export interface AuditFindings {
  readonly isIntact: boolean;
  readonly events: number;
  readonly seals: number;
  /** Times of the first and the last event. */
  readonly from?: string;
  readonly to?: string;
  readonly damage: readonly string[];
  readonly notProved: readonly string[];
}

export function auditView(found: AuditFindings): View {
  const { isIntact, events, seals, from, to, damage, notProved } = found;
  const record = { result: isIntact ? "ok" : "damaged", events, seals, from: from ?? null, to: to ?? null, damage, notProved };
  return {
    document: { schema: 1, ...record },
    records: [record],
    csv: { header: ["result", "events", "seals", "from", "to"], rows: [[record.result, String(events), String(seals), from ?? "", to ?? ""]] },
    names: [record.result],
    table: (page) => {
      const span = from !== undefined && to !== undefined ? `, ${page.localTime(from)} to ${page.localTime(to)}` : "";
      const sealed = seals === 0 ? "chain holds" : `chain and ${seals} seal${seals === 1 ? "" : "s"} hold`;
      const first = isIntact ? (["ok", `${events} events${span}, ${sealed}`] as const) : (["damaged", damage.join("\n")] as const);
      return card([first, ...(notProved.length > 0 ? [["not proved", notProved.join("\n")] as const] : [])], page);
    },
  };
}
