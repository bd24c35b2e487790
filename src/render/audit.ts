/** What a check of the log found, and what it does not prove. */
import type { VerifyReport } from "../model/audit.ts";
import { card } from "./table.ts";
import type { Page, View } from "./view.ts";

const notProved = [
  "that nobody who may write these files cut the log's end or rewrote it whole",
  "next: keep the root in another place; a later log that does not contain it is not this one",
];

export function auditView(found: VerifyReport): View {
  const { isIntact, events, from, to, root, damage } = found;
  const result = isIntact ? "ok" : "damaged";
  const document = { schema: 1, result, ...found, notProved };
  return {
    document,
    records: [document],
    csv: {
      header: ["result", "events", "from", "to", "root", "damage"],
      rows: [[result, String(events), from ?? "", to ?? "", root, damage?.what ?? ""]],
    },
    names: [result],
    table: (page) => card(isIntact ? intactLines(found, page) : damageLines(found, page), page),
  };
}

function intactLines(found: VerifyReport, page: Page): (readonly [string, string])[] {
  const { segments, witnesses, tail, root } = found;
  const beside = [...new Set(witnesses.map(({ kind }) => kind))].join(", ");
  return [
    ["ok", span(found, page)],
    [
      "checked",
      `every hash, the chain, ${segments} segment root${segments === 1 ? "" : "s"}${beside === "" ? "" : `, and what was noted beside the log (${beside})`}`,
    ],
    ...(tail ? [["tail", `${tail.bytes} bytes behind the last event were never acknowledged`] as const] : []),
    ["root", root],
    ["not proved", notProved.join("\n")],
  ];
}

function damageLines(found: VerifyReport, page: Page): (readonly [string, string])[] {
  const { damage } = found;
  return [
    ["damaged", damage ? `${damage.what} [${damage.kind}]` : "the log does not hold"],
    ...(damage ? [["where", `${damage.segment}, byte ${damage.offset}, position ${damage.position}`] as const] : []),
    ["whole", `${span(found, page)}, in front of the damage`],
    ["next", "restore the segment from a copy, then strata audit verify"],
  ];
}

function span({ events, from, to }: VerifyReport, page: Page): string {
  const times = from !== undefined && to !== undefined ? `, ${page.localTime(from)} to ${page.localTime(to)}` : "";
  return `${events} event${events === 1 ? "" : "s"}${times}`;
}
