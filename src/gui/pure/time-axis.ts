/** The arithmetic of the time bar: which operations stand where, and which one is next. Times are milliseconds since 1970. */
import type { HistoryRow } from "../../model/view.ts";

/** An operation on the axis. */
export interface Tick {
  readonly operation: number;
  readonly atMs: number;
  readonly result: string;
}

/** The operations among rows of the history, oldest first. What happened by itself has no number and is no place to go to. */
export const ticksOf = (rows: readonly HistoryRow[]): Tick[] =>
  rows
    .flatMap(({ number, time, result }) =>
      number === undefined || result === "pending" ? [] : [{ operation: number, atMs: Date.parse(time), result }],
    )
    .sort((one, other) => one.atMs - other.atMs || one.operation - other.operation);

/**
 * Known ticks with the newest ones, oldest first, at most `max`. Undefined: there may be others between them, which are to be asked
 * for. One that ended after many later ones had begun is not among the newest.
 */
export function joined(known: readonly Tick[], newest: readonly Tick[], max: number): readonly Tick[] | undefined {
  const numbers = new Set(newest.map(({ operation }) => operation));
  if (!known.some(({ operation }) => numbers.has(operation))) return undefined;
  const older = known.filter(({ operation }) => !numbers.has(operation));
  return [...older, ...newest]
    .sort((one, other) => one.atMs - other.atMs || one.operation - other.operation)
    .slice(-max);
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const spans = { hour: 3_600_000, day: 86_400_000, all: Number.POSITIVE_INFINITY } as const;
export type SpanName = keyof typeof spans;

/** The piece of time that is shown: so long until now, or since the oldest tick; never empty. */
export function spanOf(name: SpanName, ticks: readonly Tick[], nowMs: number): Span {
  const oldest = ticks[0]?.atMs ?? nowMs;
  const fromMs = Math.max(nowMs - spans[name], Math.min(oldest, nowMs - 1_000));
  return { fromMs, toMs: nowMs };
}

/** 0 at the beginning, 1 at the end; beyond them for what is not in it. */
export const placeIn = ({ fromMs, toMs }: Span, atMs: number): number => (atMs - fromMs) / (toMs - fromMs);

export interface Bin {
  /** 0 to 1. */
  readonly place: number;
  readonly count: number;
  /** Some of it did not end well. */
  readonly hasFailures: boolean;
}

/** Ticks of the span, gathered in so many columns; those without any are left out. */
export function binsOf(ticks: readonly Tick[], span: Span, columns: number): Bin[] {
  const bins = new Map<number, { count: number; hasFailures: boolean }>();
  for (const { atMs, result } of ticks) {
    const place = placeIn(span, atMs);
    if (place < 0 || place > 1) continue;
    const column = Math.min(columns - 1, Math.floor(place * columns));
    const { count, hasFailures } = bins.get(column) ?? { count: 0, hasFailures: false };
    bins.set(column, { count: count + 1, hasFailures: hasFailures || result !== "ok" });
  }
  return [...bins].map(([column, bin]) => ({ place: (column + 0.5) / columns, ...bin }));
}

/** At or right of this, now is meant. */
const nowPlace = 0.985;

/** The operation that is meant by a place on the axis: the newest one at or before it. Undefined: now. */
export function tickAt(ticks: readonly Tick[], span: Span, place: number): Tick | undefined {
  if (place >= nowPlace) return undefined;
  const atMs = span.fromMs + place * (span.toMs - span.fromMs);
  return ticks.findLast((tick) => tick.atMs <= atMs) ?? ticks[0];
}

/** One operation back from `current` (undefined: now), or on. Undefined: now. There is nothing before the first. */
export function stepped(ticks: readonly Tick[], current: number | undefined, direction: -1 | 1): Tick | undefined {
  const at = current === undefined ? ticks.length : ticks.findIndex(({ operation }) => operation >= current);
  // What is looked at may be older than what was loaded.
  const from = at < 0 ? ticks.length : at;
  return ticks[Math.max(0, from + direction)];
}
