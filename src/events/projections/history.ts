/** The history that people read: a line per operation, sessions counted together, and what happened by itself. */
import type { OperationKind } from "../../model/operation.ts";
import type { HistoryRow } from "../../model/view.ts";
import type { Recorded } from "../envelope.ts";
import { type Ending, ends, opens } from "./endings.ts";
import { given } from "./instances.ts";

/** What the fold must ask about: names of instances that the records know only by id. */
export type NameOf = (instanceId: string) => string | undefined;

interface Opened {
  readonly kind: OperationKind;
  readonly record: Recorded;
}

/** Things that happen by themselves and deserve a line. */
const spontaneous: Readonly<Record<string, (data: Record<string, unknown>) => string>> = {
  "instance.stopped": (data) => stoppedBy(String(data["cause"])),
  "instance.booted": () => "found running",
  "instance.reset": () => "restarted by the guest",
  "instance.panicked": () => "guest kernel panicked",
  "instance.paused": (data) => `paused: ${String(data["reason"])}`,
  "log.repaired": () => "log repaired: an unfinished write was cut",
  "access.refused": (data) => `refused ${String(data["call"])}`,
};

function stoppedBy(cause: string): string {
  const words: Record<string, string> = {
    guest: "stopped by the guest",
    crash: "machine crashed",
    panic: "stopped after a kernel panic",
    host: "stopped with the host",
    lost: "found stopped",
  };
  return words[cause] ?? "stopped";
}

/** Folds records, newest first, into rows, newest first, until `limit` rows are whole. `add` answers whether more are wanted. */
export function createHistoryFold(limit: number, nameOf: NameOf): { add(record: Recorded): boolean; rows(): HistoryRow[] } {
  const rows: HistoryRow[] = [];
  const endings = new Map<string, { time: string; possible: Recorded[] }>();
  const instanceNames = new Map<string, string>();

  const instanceOf = (record: Recorded): string | undefined => {
    if (!record.stream.startsWith("instance/")) return undefined;
    const id = record.stream.slice("instance/".length);
    return nameOf(id) ?? instanceNames.get(id) ?? id;
  };

  function addOpening({ kind, record }: Opened): void {
    const operation = record.operation ?? "";
    const closing = endings.get(operation);
    endings.delete(operation);
    const ending = [record, ...(closing?.possible ?? [])].map((each) => ({ each, ending: ends(each, kind) })).find((found) => found.ending);
    if (kind === "launch") instanceNames.set(record.stream.slice("instance/".length), String(record.data["name"]));
    const instance = instanceOf(record);
    rows.push({
      number: Number(record.data["number"]),
      operation,
      time: record.time,
      who: record.by.name,
      what: whatOf(kind, record, instance),
      type: kind,
      result: resultOf(ending?.ending),
      position: record.position,
      ...given("instance", instance),
      ...given("durationMs", ending && Date.parse(ending.each.time) - Date.parse(record.time)),
      ...given("reason", record.reason),
    });
  }

  function addSession(record: Recorded): void {
    const last = rows.at(-1);
    const kind = String(record.data["kind"]);
    const instance = instanceOf(record);
    const count = last?.type === kind && last.instance === instance && last.number === undefined ? Number(last.what.split("x")[1]) : 0;
    const ended = endings.get(String(record.data["session"]))?.possible[0];
    const result = count > 0 && last ? last.result : String(ended?.data["result"] ?? "open");
    if (count > 0) rows.pop();
    rows.push({ time: record.time, who: record.by.name, what: `${kind} x${count + 1}`, type: kind, result, position: record.position, ...given("instance", instance) });
  }

  return {
    add(record) {
      const kind = opens(record);
      if (kind) addOpening({ kind, record });
      else if (record.type === "instance.session-started") addSession(record);
      else if (record.type === "instance.session-ended") endings.set(String(record.data["session"]), { time: record.time, possible: [record] });
      else if (record.operation !== undefined) {
        const known = endings.get(record.operation) ?? { time: record.time, possible: [] };
        known.possible.push(record);
        endings.set(record.operation, known);
      } else {
        const what = spontaneous[record.type]?.(record.data);
        const instance = instanceOf(record);
        if (what) rows.push({ time: record.time, who: record.by.name, what: instance ? `${what}: ${instance}` : what, type: record.type, result: "-", position: record.position, ...given("instance", instance) });
      }
      return rows.length < limit;
    },
    rows: () => rows,
  };
}

function whatOf(kind: OperationKind, record: Recorded, instance: string | undefined): string {
  if (kind === "set") return `set ${String(record.data["key"])}=${String(record.data["value"])}`;
  return `${kind} ${instance ?? ""}`.trim();
}

function resultOf(ending: Ending | undefined): string {
  return ending?.result ?? "pending";
}
