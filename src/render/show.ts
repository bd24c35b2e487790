/** One operation in full: who asked for what and why, how it went, and the events that tell it. */
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import type { EventView, OperationRecord } from "../model/view.ts";
import { card, table } from "./table.ts";
import type { Column } from "./table.ts";
import { plainValue } from "./values.ts";
import type { Json, Page, View } from "./view.ts";

const eventColumns: readonly Column<EventView>[] = [
  { title: "POSITION", cell: ({ position }) => String(position), isRight: true },
  { title: "TIME", cell: ({ time }, page) => page.localTime(time) },
  { title: "EVENT", cell: ({ type }) => type },
  { title: "DATA", cell: ({ data }) => JSON.stringify(data), widthMin: 20 },
];

export function showView(record: OperationRecord): View {
  const { number, id, kind, result } = record;
  // Zod's loose events hold values it has not looked at; they came as JSON and leave as JSON.
  const document = { schema: 1, ...record } as { [key: string]: Json };
  return {
    document,
    records: [document],
    csv: {
      header: ["number", "id", "kind", "instance", "requested", "ended", "who", "result", "reason"],
      rows: [
        [
          String(number),
          id,
          kind,
          record.instance?.name ?? "",
          record.requestedAt,
          record.endedAt ?? "",
          record.who,
          result,
          record.reason ?? "",
        ],
      ],
    },
    names: [String(number)],
    table: (page) => `${card(lines(record, page), page)}\n\n${table(record.events, eventColumns, page)}`,
  };
}

function lines(record: OperationRecord, page: Page): (readonly [string, string])[] {
  const {
    number,
    kind,
    instance,
    requestedAt,
    durationMs,
    who,
    reason,
    result,
    failure,
    request,
    changes,
    artefacts,
    id,
  } = record;
  const took = durationMs === undefined ? "" : `   took ${formatDuration(durationMs)}`;
  const changed = changes.map(
    ({ key, before, after }) => `${key}: ${plainValue(key, before)} -> ${plainValue(key, after)}`,
  );
  const made = artefacts.map(
    ({ what, name, bytes }) => `${what} ${name}${bytes === undefined ? "" : `, ${formatSize(bytes)}`}`,
  );
  return [
    ["operation", `${number}: ${kind}${instance ? ` ${instance.name}` : ""}`],
    ["when", page.localTime(requestedAt) + took],
    ["who", who + callerOf(record.by)],
    ...(reason === undefined ? [] : [["why", `"${reason}"`] as const]),
    ["result", result + (failure ? ` at ${failure.step}: ${failure.reason} [${failure.code}]` : "")],
    ...(Object.keys(request).length > 0 ? [["request", JSON.stringify(request)] as const] : []),
    ...(changed.length > 0 ? [["changed", changed.join("\n")] as const] : []),
    ...(made.length > 0 ? [["made", made.join("\n")] as const] : []),
    ["id", id],
  ];
}

/** `   unix:1000, pts/3, /usr/bin/strata` as far as it was recorded, or `   unix:1000, window 5f0c2a91`. */
function callerOf(by: Readonly<Record<string, unknown>>): string {
  const session = typeof by["session"] === "string" ? `window ${by["session"]}` : undefined;
  const parts = [by["id"], session, by["tty"], by["program"]].filter((part) => typeof part === "string");
  return parts.length === 0 ? "" : `   ${parts.join(", ")}`;
}
