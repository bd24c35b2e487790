/** Where power is cut: behind each flush, and within what was not yet flushed, of which any part may have reached the disk. */
import { seededRandom } from "../../simulation/random.ts";
import type { Random } from "../../simulation/random.ts";
import type { Image } from "./image.ts";
import type { Entry } from "./write-log.ts";

/** `prefix`: everything up to there. `subset`: some of the writes behind the last flush. Torn: and of some of those only some
 *  sectors, as old disks (512 bytes) and new ones (4096) write them. */
export const kinds = ["prefix", "subset", "torn512", "torn4096"] as const;
export type Kind = (typeof kinds)[number];

export interface Point {
  readonly kind: Kind;
  /** How many entries of the write log had been issued. */
  readonly upTo: number;
  /** Decides what of the unflushed part is on the disk. */
  readonly seed: number;
}

/** As it is typed: `torn512:120:7`. */
export const textOf = ({ kind, upTo, seed }: Point): string => `${kind}:${upTo}:${seed}`;

export function pointOf(text: string): Point {
  const [name, upTo, seed] = text.split(":");
  const kind = kinds.find((each) => each === name);
  if (kind === undefined) throw new Error(`no point of a power cut: ${text}`);
  return { kind, upTo: Number(upTo), seed: Number(seed) };
}

/** How many of the first `upTo` entries are on the disk for certain: those in front of the last flush among them. */
export function flushedBy(entries: readonly Entry[], upTo: number): number {
  return entries.findLastIndex(({ kind }, at) => at < upTo && kind === "flush") + 1;
}

const sectorOf: Partial<Record<Kind, number>> = { torn512: 512, torn4096: 4096 };

/** What of one write reached the disk: byte ranges of it, both ends at borders of the disk's sectors. */
type Landed = readonly (readonly [from: number, to: number])[];

function tear({ offset, length }: Entry, sector: number, random: Random): Landed {
  const first = Math.floor(offset / sector);
  const sectors = Math.ceil((offset + length) / sector) - first;
  const cut = random.below(sectors + 1);
  const shape = random.below(3);
  const isThere = (at: number) => (shape === 0 ? at < cut : shape === 1 ? at >= cut : random.chance(0.5));
  return Array.from({ length: sectors }, (_, at): [number, number] => {
    const from = (first + at) * sector - offset;
    return [Math.max(0, from), Math.min(length, from + sector)];
  }).filter((_, at) => isThere(at));
}

/** What happened to each entry behind the last flush. */
function fates(entries: readonly Entry[], { kind, seed }: Point): readonly Landed[] {
  const random = seededRandom(seed);
  const keeping = [0.2, 0.5, 0.8, 1][random.below(4)] ?? 0.5;
  const sector = sectorOf[kind];
  return entries.map((entry) => {
    const whole: Landed = [[0, entry.length]];
    if (kind === "prefix") return whole;
    if (!random.chance(keeping)) return [];
    const isTorn = sector !== undefined && entry.kind === "write" && random.chance(0.4);
    return isTorn ? tear(entry, sector, random) : whole;
  });
}

/** The same for points that leave the same on the disk. */
function signature(entries: readonly Entry[], point: Point): string {
  const from = flushedBy(entries, point.upTo);
  const landed = fates(entries.slice(from, point.upTo), point);
  const last = landed.findLastIndex((ranges) => ranges.length > 0);
  return Bun.hash(JSON.stringify([from, landed.slice(0, last + 1)])).toString(36);
}

/** Behind each flush, at both ends, and at random in between: `count` different ones or as many as there are, in order. */
export function pointsOf(entries: readonly Entry[], { seed, count, isEach }: PointsWanted): Point[] {
  const random = seededRandom(seed);
  const flushed = entries.flatMap(({ kind }, at) => (kind === "flush" ? [at + 1] : []));
  const ends = [0, ...flushed, entries.length];
  const prefixes = isEach ? ends : ends.filter(() => random.chance(count / 2 / ends.length));
  const points: Point[] = prefixes.map((upTo) => ({ kind: "prefix", upTo, seed: 0 }));
  const seen = new Set(points.map((point) => signature(entries, point)));
  const wanted = Math.max(count, isEach ? 2 * prefixes.length : 0);
  for (let tries = 0; points.length < wanted && tries < 20 * wanted; tries++) {
    const point: Point = {
      kind: kinds[1 + random.below(kinds.length - 1)] ?? "subset",
      upTo: random.below(entries.length + 1),
      seed: random.below(2 ** 31),
    };
    const made = signature(entries, point);
    if (!seen.has(made)) points.push(point);
    seen.add(made);
  }
  return points.sort((a, b) => a.upTo - b.upTo);
}

export interface PointsWanted {
  readonly seed: number;
  readonly count: number;
  /** Behind each flush without exception, and at least as many others. */
  readonly isEach: boolean;
}

/** Makes the disk as it is after a cut, for points in ascending order: what is flushed is written once. */
export function createReplay(base: Image, entries: readonly Entry[]): (point: Point) => Image {
  let flushed = base.fork();
  let done = 0;
  return (point) => {
    const certain = flushedBy(entries, point.upTo);
    if (certain < done) throw new Error("points go forward only");
    for (; done < certain; done++) land(flushed, entries[done], undefined);
    const image = flushed.fork();
    const open = entries.slice(certain, point.upTo);
    const landed = fates(open, point);
    open.forEach((entry, at) => land(image, entry, landed[at]));
    return image;
  };
}

/** Without ranges: the whole of it. */
function land(image: Image, entry: Entry | undefined, landed: Landed | undefined): void {
  if (entry === undefined || entry.kind === "flush") return;
  for (const [from, to] of landed ?? [[0, entry.length]]) {
    if (entry.kind === "discard") image.clear(entry.offset + from, to - from);
    else image.write(entry.offset + from, entry.data.subarray(from, to));
  }
}
