/** What a check of the log found, and what it does not prove. */
import type { ArchiveReport, RestoreReport, VerifyReport } from "../model/audit.ts";
import type { SealView } from "../model/view.ts";
import { formatSize } from "../model/size.ts";
import { card } from "./table.ts";
import type { Page, View } from "./view.ts";

/** What even a log without damage leaves open, and the next step. */
function notProvedBy({ seals, archived }: VerifyReport): string[] {
  const keys = [
    ...(archived
      ? [`that the archived events, 1 to ${archived.upTo}, can still be read: only their hashes are here`]
      : []),
    ...(seals.keys > 1
      ? [`that the key was lost when it changed (${seals.keys} keys), and not the log written anew`]
      : []),
  ];
  if (seals.kept?.holds === true) return [...keys, `anything about events after the kept seal, of ${seals.kept.size}`];
  const owner = "that the owner of its key, or root, did not write it anew";
  if (seals.count === 0)
    return [...keys, "that nobody who may write these files did: no seals yet", "next: strata audit seal"];
  if (seals.anchor === "none")
    return [...keys, `${owner}: no outside anchor yet`, "next: strata set audit.anchor=journald"];
  return [...keys, `${owner}: compare with what went to ${seals.anchor}`, "next: strata audit verify --seal FILE"];
}

export function auditView(found: VerifyReport): View {
  const { isIntact, events, from, to, root, damage } = found;
  const result = isIntact ? "ok" : "damaged";
  const document = { schema: 1, result, ...found, notProved: notProvedBy(found) };
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

/** A seal as it is: the five lines are the answer, in a file they are what verify takes. */
export function sealView({ note, key }: SealView): View {
  const [origin = "", size = "", root = ""] = note.split("\n");
  const document = { schema: 1, origin, size: Number(size), root, note, key };
  return {
    document,
    records: [document],
    csv: { header: ["origin", "size", "root", "key"], rows: [[origin, size, root, key]] },
    names: [root],
    table: () => note.trimEnd(),
  };
}

function intactLines(found: VerifyReport, page: Page): (readonly [string, string])[] {
  const { segments, witnesses, tail, root } = found;
  const beside = [...new Set(witnesses.map(({ kind }) => kind))].join(", ");
  return [
    ["ok", span(found, page)],
    ...archivedLine(found),
    [
      "checked",
      `every hash, the chain, ${segments} segment root${segments === 1 ? "" : "s"}${beside === "" ? "" : `, and what was noted beside the log (${beside})`}`,
    ],
    ...(tail ? [["tail", `${tail.bytes} bytes behind the last event were never acknowledged`] as const] : []),
    ["seals", sealsLine(found)],
    ["root", root],
    ["not proved", notProvedBy(found).join("\n")],
  ];
}

function damageLines(found: VerifyReport, page: Page): (readonly [string, string])[] {
  const { damage } = found;
  return [
    ["damaged", damage ? `${damage.what} [${damage.kind}]` : "the log does not hold"],
    ...(damage ? [["where", `${damage.segment}, byte ${damage.offset}, position ${damage.position}`] as const] : []),
    ["whole", `${span(found, page)}, in front of the damage`],
    ...(found.seals.count > 0 ? [["seals", sealsLine(found)] as const] : []),
    ["next", "strata audit repair --from COPY"],
  ];
}

function archivedLine({ archived, events }: VerifyReport): (readonly [string, string])[] {
  if (archived === undefined) return [];
  const where = archived.archives.map(({ from, to, place }) => `${from} to ${to} are archived in ${place}`);
  const from = archived.upTo + 1;
  return [
    ["archived", [...where, `not read; verified from event ${from} to ${events}, by hashes from 1 on`].join("\n")],
  ];
}

function sealsLine({ seals: { count, holding, torn, kept, newest } }: VerifyReport): string {
  if (count === 0 || newest === undefined) return "none yet";
  const all = count === 1 ? "1 seal" : `${count} seals`;
  const hold = holding === count ? (count === 1 ? "holds" : "hold") : `, ${holding} of them hold`;
  return [
    `${all}${hold.startsWith(",") ? "" : " "}${hold}, the newest of ${newest.size} events`,
    ...(torn > 0 ? [`${torn} bytes of a seal that a crash cut off`] : []),
    ...(kept ? [`the kept one, of ${kept.size} events, ${kept.holds ? "holds" : "does not hold"}`] : []),
  ].join("\n");
}

function span({ events, from, to }: VerifyReport, page: Page): string {
  const times = from !== undefined && to !== undefined ? `, ${page.localTime(from)} to ${page.localTime(to)}` : "";
  return `${events} event${events === 1 ? "" : "s"}${times}`;
}

/** What a repair from a copy did, or would do. */
export function repairView(report: RestoreReport): View {
  const { isDone, from, damage, records, first, last, segments } = report;
  const document = { schema: 1, ...report };
  const which = first === last ? `the record ${first}` : `${records} records between ${first} and ${last}`;
  const lines: (readonly [string, string])[] = [
    ["damage", `${damage.what} [${damage.kind}]`],
    [isDone ? "put back" : "would put back", `${which}, proved by the hashes around`],
    ["from", from],
    ["files", segments.join(", ")],
    isDone
      ? ["next", "strata audit verify"]
      : ["next", `strata audit repair --from ${from} --yes   (nothing is changed yet)`],
  ];
  return {
    document,
    records: [document],
    csv: {
      header: ["done", "records", "first", "last", "segments"],
      rows: [[String(isDone), String(records), String(first), String(last), segments.join(" ")]],
    },
    names: [...segments],
    table: (page) => card(lines, page),
  };
}

/** What an archive moved. */
export function archiveView(report: ArchiveReport): View {
  const { place, from = 0, to = 0, events, segments, bytes, isRemoved } = report;
  const document = { schema: 1, ...report };
  const next = isRemoved
    ? "strata audit verify"
    : "strata daemon stop, then the same command again: the daemon reads them";
  const lines: (readonly [string, string])[] =
    events === 0
      ? [["archived", "nothing: no whole segment is that old"]]
      : [
          ["archived", `${events} events, ${from} to ${to}`],
          ["to", `${place}, ${segments} segment${segments === 1 ? "" : "s"}, ${formatSize(bytes)}`],
          ["removed", isRemoved ? "yes, from the log's folder" : "not yet"],
          ["next", next],
        ];
  return {
    document,
    records: [document],
    csv: {
      header: ["place", "from", "to", "events", "segments", "bytes", "removed"],
      rows: [[place, from, to, events, segments, bytes, isRemoved].map(String)],
    },
    names: [String(events)],
    table: (page) => card(lines, page),
  };
}
