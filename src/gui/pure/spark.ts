/** A line of values over time as the path of an SVG, and where moments stand on its axis. */

export interface SparkPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: number;
}

export interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the drawing, in its own units. */
  readonly width: number;
  readonly height: number;
  /** The value at the upper edge. */
  readonly top: number;
}

/** Two samples further apart than this are not joined: nothing is known between them. */
const gapMs = 60_000;

export const placeOf = (atMs: number, { fromMs, toMs, width }: Axis): number =>
  toMs === fromMs ? width : ((atMs - fromMs) / (toMs - fromMs)) * width;

/** `M0 10L5 8`, with a new start behind each gap. */
export function pathOf(points: readonly SparkPoint[], axis: Axis): string {
  let before: number | undefined;
  return points
    .map(({ atMs, value }) => {
      const letter = before === undefined || atMs - before > gapMs ? "M" : "L";
      before = atMs;
      const y = axis.height - Math.min(1, axis.top === 0 ? 0 : value / axis.top) * axis.height;
      return `${letter}${placeOf(atMs, axis).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** A round number at or above the largest value: 1, 2 or 5 times a power of ten. */
export function roundTop(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  return ([1, 2, 5, 10].find((step) => step * power >= largest) ?? 10) * power;
}
