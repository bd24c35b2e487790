/** Whether a figure grows: the straight line through what was measured, by least squares. */

export interface Measured {
  readonly seconds: number;
  readonly value: number;
}

/** Of the line's value, a second; 0 for fewer than two moments. */
export function slopeOf(points: readonly Measured[]): number {
  const mean = (of: (point: Measured) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middle, height] = [mean(({ seconds }) => seconds), mean(({ value }) => value)];
  const spread = points.reduce((sum, { seconds }) => sum + (seconds - middle) ** 2, 0);
  if (spread === 0) return 0;
  return points.reduce((sum, { seconds, value }) => sum + (seconds - middle) * (value - height), 0) / spread;
}
