/** From the word for a point to the point: a name, `last`, the state after an operation, or a time. */
import { exitCodes, UserError, type Hint } from "../errors.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { EventLog } from "../events/store/log.ts";
import { formatDuration } from "../model/duration.ts";
import { nearest } from "../model/name.ts";
import type { Point } from "../model/point.ts";
import { readPointWord } from "../model/point-word.ts";
import type { FoundPoint } from "../model/point-view.ts";
import { resolveOperation } from "./resolve.ts";

/**
 * The point that `word` means. Throws `point-not-found`, `operation-not-found`, `before-beginning` for a time when there was no such
 * instance, and `point-is-now`.
 */
export async function findPoint(log: EventLog, state: InstanceState, word: string, nowMs: number): Promise<FoundPoint> {
  const meant = readPointWord(word);
  if (meant.by === "name") return { point: named(state, meant.name, nowMs) };
  if (meant.by === "now") throw isNow(state);
  if (meant.by === "last") return { point: newestSnapshot(state, nowMs) };
  const atMs = meant.by === "operation" ? await endOf(log, meant.operation) : Date.parse(meant.text);
  const isBefore = (point: Point) =>
    meant.by === "operation" ? isWithin(point, meant.operation) : Date.parse(point.madeAt) <= atMs;
  const point = state.points.findLast(isBefore);
  // What was imported brought points from before its time here.
  if (!point && atMs < Date.parse(state.createdAt)) throw beforeBeginning(state);
  if (!point) throw notFound(state, `point at or before ${word}`, nowMs);
  return { point, distanceMs: Math.max(0, atMs - Date.parse(point.madeAt)) };
}

/** Is it of the time until the operation had ended? What a restore or a growing disk keeps is of before it. */
const isWithin = ({ operation, cause }: Point, last: number): boolean =>
  operation < last || (operation === last && cause !== "restore" && cause !== "set");

function named(state: InstanceState, name: string, nowMs: number): Point {
  const found = state.points.find((point) => point.name === name);
  if (found) return found;
  throw notFound(state, `point "${name}"`, nowMs, name);
}

function newestSnapshot(state: InstanceState, nowMs: number): Point {
  const last = state.points.findLast(({ kind }) => kind === "snapshot");
  if (last) return last;
  throw notFound(state, "snapshot yet", nowMs);
}

/** When the operation's last event was recorded, milliseconds since the epoch. */
async function endOf(log: EventLog, number: number): Promise<number> {
  const operation = await resolveOperation(log, String(number));
  for await (const { time } of log.read({ operation, reverse: true, limit: 1 })) return Date.parse(time);
  throw new Error("bug: an operation has an event");
}

function notFound(state: InstanceState, what: string, nowMs: number, name?: string): UserError {
  const { points } = state;
  const meant =
    name === undefined
      ? undefined
      : nearest(
          name,
          points.map((point) => point.name),
        );
  const point = points.find((each) => each.name === meant) ?? (name === undefined ? points[0] : undefined);
  const label = name === undefined ? "oldest" : "did you mean";
  return new UserError("point-not-found", `${state.name} has no ${what}`, {
    hints: [
      ...(point ? [[label, `${state.name}@${point.name} (${describe(point, nowMs)})`] satisfies Hint] : []),
      ["next", points.length === 0 ? `strata snapshot ${state.name}` : `strata history ${state.name} --tree`],
    ],
  });
}

/** `1 min ago, with memory` */
function describe({ madeAt, kept }: Point, nowMs: number): string {
  return `${formatDuration(Math.max(0, nowMs - Date.parse(madeAt)))} ago${kept ? ", with memory" : ""}`;
}

const beforeBeginning = ({ name, createdAt }: InstanceState) =>
  new UserError("before-beginning", `"${name}" was not there yet at that time; it was made at ${createdAt}`, {
    hints: [["next", `strata history ${name}`]],
  });

const isNow = ({ name }: InstanceState) =>
  new UserError("point-is-now", `"${name}" is at "now" already`, {
    exit: exitCodes.usage,
    hints: [["next", `strata history ${name} --tree`]],
  });
