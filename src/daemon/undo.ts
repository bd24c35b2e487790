/** Finds what undo and redo are about, by reading the log backwards. */
import { UserError } from "../errors.ts";
import type { Recorded } from "../events/envelope.ts";
import { ends, opens } from "../events/projections/endings.ts";
import type { EventLog } from "../events/store/log.ts";
import type { DoneOperation } from "../events/undo.ts";
import { undoRows } from "../model/undo.ts";

/** Events that are looked through; what is older is undone by its number. */
const eventsMax = 200_000;

export interface Found {
  readonly done: DoneOperation;
  /** The operation that the user knows: for a redo, the one that was undone. */
  readonly about: DoneOperation;
  /** What happened to its instance since, and is left as it is. */
  readonly since: readonly string[];
}

interface Look {
  /** Newest first, those of `done` last. */
  readonly newer: readonly DoneOperation[];
  readonly sessions: readonly Recorded[];
}

/** The caller's newest operation that changed something and is not undone. Throws `nothing-to-undo`. */
export async function findUndo(log: EventLog, caller: string): Promise<Found> {
  const marks = new Marks();
  return search(log, "nothing-to-undo", "there is nothing of yours to undo", (done) => {
    const isUndone = marks.see(done);
    const isOurs = done.by.id === caller && done.result === "ok";
    const isPlain = done.undoes === undefined && done.redoes === undefined;
    return isOurs && isPlain && !isUndone && undoRows[done.kind].undo !== "passed over"
      ? { done, about: done.number }
      : undefined;
  });
}

/** The operation with that number. Throws `operation-not-found`, `operation-pending`, `operation-failed` and `already-undone`. */
export async function findOperation(log: EventLog, number: number): Promise<Found> {
  const marks = new Marks();
  return search(log, "operation-not-found", `there is no operation ${number}`, (done) => {
    const isUndone = marks.see(done);
    if (done.number !== number) return undefined;
    if (done.result === "pending")
      throw wrong("operation-pending", `operation ${number} is still under way`, `strata cancel ${number}`);
    if (done.result !== "ok")
      throw wrong(
        "operation-failed",
        `operation ${number} changed nothing: it ended as ${done.result}`,
        `strata show ${number}`,
      );
    if (isUndone) throw wrong("already-undone", `operation ${number} is undone already`, "strata redo");
    return { done, about: number };
  });
}

/** The caller's newest undo that still stands, as the operation to take back. Throws `nothing-to-redo` and `redo-overtaken`. */
export async function findRedo(log: EventLog, caller: string): Promise<Found> {
  const marks = new Marks();
  const touched = new Map<string, number>();
  return search(log, "nothing-to-redo", "there is nothing of yours to redo", (done) => {
    marks.see(done);
    const isStanding = done.undoes !== undefined && marks.undoneBy(done.undoes) === done.number;
    if (done.by.id !== caller || done.result !== "ok" || !isStanding) {
      // A point changes nothing in the instance, and the daemon makes some by itself.
      const isPassed = undoRows[done.kind].undo === "passed over" || done.kind === "snapshot";
      const isChange = done.undoes === undefined && done.redoes === undefined && !isPassed;
      if (isChange && done.result === "ok" && !touched.has(done.stream)) touched.set(done.stream, done.number);
      return undefined;
    }
    const overtaken = touched.get(done.stream);
    if (overtaken !== undefined)
      throw wrong(
        "redo-overtaken",
        `operation ${overtaken} changed the same since, so it is not redone`,
        `strata show ${overtaken}`,
      );
    return { done, about: done.undoes ?? done.number };
  });
}

/** Which operations are undone, seen from the newest backwards: the newest word on each counts. */
class Marks {
  readonly #undone = new Map<number, number | undefined>();

  /** Notes what the operation says of another; answers whether it is undone itself. */
  see({ number, result, undoes, redoes }: DoneOperation): boolean {
    if (result === "ok" && undoes !== undefined && !this.#undone.has(undoes)) this.#undone.set(undoes, number);
    if (result === "ok" && redoes !== undefined && !this.#undone.has(redoes)) this.#undone.set(redoes, undefined);
    return this.#undone.get(number) !== undefined;
  }

  undoneBy(number: number): number | undefined {
    return this.#undone.get(number);
  }
}

/** Reads backwards until `pick` has found one, then on to the operation that it is about. */
async function search(
  log: EventLog,
  code: string,
  message: string,
  pick: (done: DoneOperation) => { done: DoneOperation; about: number } | undefined,
): Promise<Found> {
  const look = { newer: [] as DoneOperation[], sessions: [] as Recorded[] };
  let picked: ReturnType<typeof pick>;
  for await (const item of backwards(log)) {
    if ("hash" in item) {
      if (!picked) look.sessions.push(item);
      continue;
    }
    picked ??= pick(item);
    if (picked && item.number === picked.about)
      return { done: picked.done, about: item, since: sinceOf(picked.done, look) };
    if (!picked) look.newer.push(item);
  }
  throw wrong(code, message, "strata history");
}

/** Operations whole, and session starts, the newest first. */
async function* backwards(log: EventLog): AsyncGenerator<DoneOperation | Recorded> {
  const later = new Map<string, Recorded[]>();
  let seen = 0;
  for await (const record of log.read({ reverse: true, upTo: log.durable() })) {
    if (++seen > eventsMax) return;
    if (record.type === "instance.session-started") yield record;
    const { operation } = record;
    if (operation === undefined) continue;
    const kind = opens(record);
    if (!kind) {
      later.set(operation, [...(later.get(operation) ?? []), record]);
      continue;
    }
    const ending = [record, ...(later.get(operation) ?? [])].map((each) => ends(each, kind)).find(Boolean);
    later.delete(operation);
    const { number, undoes, redoes } = record.data;
    yield {
      number: Number(number),
      id: operation,
      kind,
      stream: record.stream,
      by: record.by,
      time: record.time,
      position: record.position,
      result: ending?.result ?? "pending",
      data: record.data,
      ...(typeof undoes === "number" && { undoes }),
      ...(typeof redoes === "number" && { redoes }),
    };
  }
}

/** `1 exec`, `2 start`: what came after on the same instance and stays as it is. */
function sinceOf(done: DoneOperation, { newer, sessions }: Look): string[] {
  const counts = new Map<string, number>();
  const count = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const { stream, data } of sessions) if (stream === done.stream) count(String(data["kind"]));
  for (const { stream, kind } of newer)
    if (stream === done.stream && undoRows[kind].undo === "passed over") count(kind);
  return [...counts].map(([word, number]) => `${number} ${word}`);
}

const wrong = (code: string, message: string, next: string) =>
  new UserError(code, message, { hints: [["next", next]] });
