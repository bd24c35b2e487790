/** Which automatic points go: what is kept gets sparser with its age, and all of them together stay within a limit. Pure. */
import type { Point } from "../model/point.ts";
import { bytesNow, type Layers } from "./layers.ts";

/**
 * The newest point of each of the last so many hours, days and weeks is kept, besides that of the one under way. They begin when
 * they do in UTC: spans that moved with the clock would let no point grow old.
 */
const kept = [
  { spanMs: 3_600_000, count: 24 },
  { spanMs: 86_400_000, count: 7 },
  { spanMs: 7 * 86_400_000, count: 4 },
] as const;
/** What was made so lately stays: somebody may be about to go back to it. */
const graceMs = 3_600_000;

interface Pointed {
  readonly id: string;
  /** Oldest first. */
  readonly points: readonly Point[];
}

export interface Leaving {
  /** Of the instance. */
  readonly id: string;
  readonly point: string;
  readonly why: "thinned" | "limit";
}

type Candidate = Omit<Leaving, "why"> & { readonly madeAt: string; readonly bytes: number };

const bytesOf = (layers: Layers, point: Point): number => bytesNow(layers, point) + (point.kept?.memoryBytes ?? 0);

/**
 * The points to remove, of all instances: automatic ones that are not held. The newest of each instance stays, and what is younger
 * than an hour. `limitBytes`: for those that may go, of all instances together; the oldest go first. `nowMs`: since 1970.
 */
export function thinned(instances: Iterable<Pointed>, layers: Layers, nowMs: number, limitBytes: number): Leaving[] {
  const leaving: Leaving[] = [];
  const staying: Candidate[] = [];
  let bytes = 0;
  for (const { id, points } of instances) {
    const automatic = points.filter(({ kind }) => kind === "auto");
    const keepers = keepersOf(automatic, nowMs);
    for (const point of automatic) {
      if (point.isHeld) continue;
      const isYoung = nowMs - Date.parse(point.madeAt) < graceMs;
      const isFixed = isYoung || point === automatic.at(-1);
      if (!isFixed && !keepers.has(point)) {
        leaving.push({ id, point: point.id, why: "thinned" });
        continue;
      }
      bytes += bytesOf(layers, point);
      if (!isFixed) staying.push({ id, point: point.id, madeAt: point.madeAt, bytes: bytesOf(layers, point) });
    }
  }
  return [...leaving, ...overLimit(staying, bytes - limitBytes)];
}

/** The newest of each span that is not over long ago. */
function keepersOf(points: readonly Point[], nowMs: number): Set<Point> {
  const keepers = new Set<Point>();
  for (const { spanMs, count } of kept) {
    const newest = new Map<number, Point>();
    for (const point of points) newest.set(Math.floor(Date.parse(point.madeAt) / spanMs), point);
    const first = Math.floor(nowMs / spanMs) - count;
    for (const [span, point] of newest) if (span >= first) keepers.add(point);
  }
  return keepers;
}

/** As many of the oldest as it takes to be rid of `excessBytes`. */
function overLimit(candidates: readonly Candidate[], excessBytes: number): Leaving[] {
  const leaving: Leaving[] = [];
  let left = excessBytes;
  for (const { id, point, bytes } of candidates.toSorted((a, b) => (a.madeAt < b.madeAt ? -1 : 1))) {
    if (left <= 0) break;
    left -= bytes;
    leaving.push({ id, point, why: "limit" });
  }
  return leaving;
}
