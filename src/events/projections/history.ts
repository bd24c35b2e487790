/** The history that people read: a line per operation, sessions counted together, and what happened by itself. */
import type { Mount } from "../../model/mount.ts";
import type { OperationKind } from "../../model/operation.ts";
import { formatDuration } from "../../model/duration.ts";
import { formatForward, formatHostPort, type Forward, type HostPort } from "../../model/forward.ts";
import { formatSize } from "../../model/size.ts";
import type { HistoryRow } from "../../model/view.ts";
import type { Recorded } from "../envelope.ts";
import { type AutomaticRun, automaticType, automaticWords, countAutomatic, hasRoom, isAutomatic } from "./automatic.ts";
import { changesOf, keyOf } from "./changes.ts";
import { type Ending, ends, opens } from "./endings.ts";
import { withoutHidden } from "./hidden.ts";
import { given } from "./instances.ts";
import { refusedWords } from "./network.ts";

/** The name of an instance that the records know only by id. */
export type NameOf = (instanceId: string) => string | undefined;

const portOf = (data: Record<string, unknown>) => formatHostPort(data as unknown as HostPort);

/** Things that happen by themselves and deserve a line. */
const spontaneous: Readonly<Record<string, (data: Record<string, unknown>) => string>> = {
  "instance.stopped": (data) => stoppedBy(String(data["cause"])),
  "instance.booted": () => "found running:",
  "instance.suspended": () => "found suspended:",
  "instance.point-removed": (data) => `point ${String(data["name"])} ${String(data["why"])}:`,
  "instance.network-refused": refusedWords,
  "instance.reset": () => "guest restarted",
  "instance.resumed": () => "goes on after its pause",
  "instance.paused": (data) => `paused (${String(data["reason"])})`,
  "instance.forward-failed": (data) => `port ${portOf(data)} lost (${String(data["reason"])}):`,
  "instance.forward-restored": (data) => `port ${portOf(data)} is back:`,
  "instance.key-authorized": (data) => `key ${String(data["fingerprint"])} let in to`,
  "log.repaired": () => "log repaired",
  "instance.mount-degraded": (data) => `mount ${String(data["target"])} lost (${String(data["code"])}):`,
  "instance.mount-restored": (data) => `mount ${String(data["target"])} is back:`,
  "access.refused": (data) => `refused ${String(data["call"])}`,
  "window.opened": () => "window opened",
  "window.revoked": (data) => `window of ${String(data["user"])} revoked`,
};

/** Did it happen by itself, and deserves a line? */
export const isSpontaneous = ({ type, operation }: Recorded): boolean =>
  operation === undefined && Object.hasOwn(spontaneous, type);

/** `set images.default=lts`, `set disk=10G`, `rename web to`: the instance's name follows where there is one. */
function verbOf(kind: OperationKind, data: Recorded["data"]): string {
  if (kind === "rename") return `rename ${String(data["before"])} to`;
  if (kind === "delete-snapshot") return "delete";
  if (kind === "detach") return "detach from its network";
  if (kind === "attach") return "attach to its network";
  if (kind === "network-create")
    return `create network ${String(data["name"])} (${String(data["kind"])}, ${String(data["subnet"])})`;
  if (kind === "network-delete") return `delete network ${String(data["name"])}`;
  if (kind === "stop-never") return "call off the stop of";
  if (kind === "unforward") return "forward remove";
  if (kind !== "set") return kind === "stop-later" ? "stop" : kind;
  const isSize = data["key"] === "disk" || data["key"] === "memory";
  return `set ${keyOf(data)}=${isSize ? formatSize(Number(data["value"])) : String(withoutHidden(data)["value"])}`;
}

/** The name of the point that an intent is about. */
function pointOf(kind: OperationKind, data: Recorded["data"]): string | undefined {
  if (kind === "snapshot") return (data["wanted"] as { name: string }).name;
  if (kind === "restore") return (data["to"] as { name: string }).name;
  return kind === "hold" || kind === "release" || kind === "delete-snapshot" ? String(data["name"]) : undefined;
}

/** The point that one can go back to since: a snapshot, the present that a restore left, or one made by the way. */
function madeBy(records: readonly Recorded[]): string | undefined {
  const made = records.find(({ type }) => type === "instance.point-made");
  return made && String(made.data["name"]);
}

/** `restore web@good`, `undo 3: delete web`. */
export function whatOf(kind: OperationKind, data: Recorded["data"], instance: string | undefined): string {
  const { undoes, redoes } = data;
  const mark =
    undoes === undefined ? (redoes === undefined ? "" : `redo ${String(redoes)}: `) : `undo ${String(undoes)}: `;
  const point = pointOf(kind, data);
  const at = point === undefined ? "" : `@${point}`;
  if (kind === "mount" || kind === "umount") return `${mark}${mountWords(kind, data, instance)}`;
  const port = kind === "forward" || kind === "unforward" ? ` ${formatForward(data as unknown as Forward)}` : "";
  const later = kind === "stop-later" ? ` in ${formatDuration(Number(data["inMs"]))}` : "";
  return `${mark}${verbOf(kind, data)}${instance === undefined ? "" : ` ${instance}${at}`}${port}${later}`;
}

/** `mount /src web:/home/ubuntu/src`, `umount web:/home/ubuntu/src` */
function mountWords(kind: OperationKind, data: Recorded["data"], instance = "instance"): string {
  const { source, target } = data["mount"] as Mount;
  return `${kind}${kind === "mount" ? ` ${source}` : ""} ${instance}:${target}`;
}

/** What came of a session in a word; the event has the whole sentence. */
const brief = (result: string): string => result.replace(/:.*/s, "");

function stoppedBy(cause: string): string {
  const words: Record<string, string> = {
    guest: "guest stopped",
    crash: "machine crash of",
    panic: "kernel panic of",
    host: "host stopped",
    lost: "found stopped:",
  };
  return words[cause] ?? "stopped";
}

/** Sessions counted in one row; a guest that is asked all day long must not make history read all of its days. */
const sessionsPerRowMax = 100;

/** A row before its instance's name is known: `instance` is an id. */
type Draft = Omit<HistoryRow, "what"> & { readonly what: (instance: string | undefined) => string };

export interface HistoryFold {
  /** Takes the next older record; answers whether more are wanted. */
  add(record: Recorded): boolean;
  /** Ids of the instances that the rows speak of. */
  instances(): string[];
  /** Newest first. */
  rows(nameOf: NameOf): HistoryRow[];
}

/** Which rows are wanted; all that is given must fit. */
export interface HistoryFilter {
  readonly actor?: string | undefined;
  readonly type?: string | undefined;
  /** A part of the reason, in capitals or not. */
  readonly reason?: string | undefined;
  /** Only what has set this key. */
  readonly key?: string | undefined;
}

/** Folds records, newest first, into rows until `limit` rows are whole. */
export function createHistoryFold(limit: number, filter: HistoryFilter = {}): HistoryFold {
  const drafts: Draft[] = [];
  /** What came later of each operation, newest first, and how each session ended. */
  const later = new Map<string, Recorded[]>();
  const sessionResults = new Map<string, string>();
  /** In the newest row; 0: the next session begins another. */
  let sessions = 0;
  /** In the newest row, if it counts automatic points. */
  let automatic: AutomaticRun = { made: 0, gone: 0 };
  const push = (draft: Draft) => {
    sessions = 0;
    if (isWanted(draft, filter)) drafts.push(draft);
  };

  function addOpening(kind: OperationKind, record: Recorded): void {
    const operation = record.operation ?? "";
    const records = [record, ...(later.get(operation) ?? [])];
    const closing = records.map((each) => ({ each, ending: ends(each, kind) })).find((found) => found.ending);
    later.delete(operation);
    if (closing?.ending?.result === "ok" && isCounted(record, filter)) return addAutomatic(record);
    const change = filter.key === undefined ? undefined : changesOf(record).find(({ key }) => key === filter.key);
    push({
      ...draftOf(record, kind, (instance) => whatOf(kind, record.data, instance)),
      number: Number(record.data["number"]),
      operation,
      result: closing?.ending?.result ?? "pending",
      ...given("durationMs", closing && Date.parse(closing.each.time) - Date.parse(record.time)),
      ...given("reason", record.reason),
      ...given("point", closing?.ending?.result === "ok" ? madeBy(records) : undefined),
      ...given("change", closing && hasTakenEffect(closing.each, closing.ending) ? change : undefined),
    });
  }

  function addSession(record: Recorded): void {
    const kind = String(record.data["kind"]);
    const session = String(record.data["session"]);
    const result = sessionResults.get(session) ?? "open";
    sessionResults.delete(session);
    const draft = draftOf(record, kind, () => kind);
    if (!isWanted(draft, filter)) return;
    const last = drafts.at(-1);
    const isFull = sessions === 0 || sessions >= sessionsPerRowMax;
    const isSame = !isFull && last?.type === kind && last.instance === draft.instance;
    sessions = isSame ? sessions + 1 : 1;
    const count = sessions;
    const row = { ...draft, what: () => `${kind} x${count}`, result: isSame ? last.result : result };
    if (isSame) drafts[drafts.length - 1] = row;
    else drafts.push(row);
  }

  function addAutomatic(record: Recorded): void {
    const draft = draftOf(record, automaticType, () => "");
    const last = drafts.at(-1);
    const isSame = last?.type === automaticType && last.instance === draft.instance && hasRoom(automatic);
    const run = countAutomatic(isSame ? automatic : undefined, record);
    const row = {
      ...(isSame ? last : draft),
      what: (name?: string) => automaticWords(run, name),
      ...given("point", run.point),
    };
    [automatic, sessions] = [run, 0];
    if (isSame) drafts[drafts.length - 1] = row;
    else drafts.push(row);
  }

  return {
    add(record) {
      const kind = opens(record);
      const { session, result } = record.data;
      if (kind) addOpening(kind, record);
      else if (record.type === "instance.session-started") addSession(record);
      else if (record.type === "instance.session-ended") sessionResults.set(String(session), brief(String(result)));
      else if (record.operation !== undefined)
        later.set(record.operation, [...(later.get(record.operation) ?? []), record]);
      else if (isCounted(record, filter)) addAutomatic(record);
      else {
        const verb = spontaneous[record.type]?.(record.data);
        if (verb) push(draftOf(record, record.type, (name) => (name === undefined ? verb : `${verb} ${name}`)));
      }
      return drafts.length < limit;
    },
    instances: () => [...new Set(drafts.flatMap((draft) => draft.instance ?? []))],
    rows: (nameOf) =>
      drafts.map(({ what, instance: id, ...row }) => {
        const instance = id === undefined ? undefined : (nameOf(id) ?? id);
        return {
          ...row,
          what: what(instance),
          ...given("instance", instance),
        };
      }),
  };
}

/** Whoever asks for less than all asks for each of them. */
const isCounted = (record: Recorded, { actor, type, reason, key }: HistoryFilter): boolean =>
  isAutomatic(record) && (actor ?? type ?? reason ?? key) === undefined;

/** What failed has set nothing, save a launch whose instance was kept. */
const hasTakenEffect = (record: Recorded, ending: Ending | undefined): boolean =>
  ending?.result === "ok" || record.data["kept"] === true;

function isWanted({ who, type, reason, change }: Draft, filter: HistoryFilter): boolean {
  if (filter.actor !== undefined && who !== filter.actor) return false;
  if (filter.type !== undefined && type !== filter.type) return false;
  if (filter.key !== undefined && change === undefined) return false;
  return filter.reason === undefined || (reason ?? "").toLowerCase().includes(filter.reason.toLowerCase());
}

function draftOf(record: Recorded, type: string, what: Draft["what"]): Draft {
  const instance = record.stream.startsWith("instance/") ? record.stream.slice("instance/".length) : undefined;
  return {
    what,
    type,
    time: record.time,
    who: record.by.name,
    result: "-",
    position: record.position,
    ...given("instance", instance),
  };
}
