/** Points of instances, as the daemon tells of them. */
import type { Point } from "../../../src/model/point.ts";
import type { PointTree } from "../../../src/model/point-view.ts";

type TreePoint = PointTree["points"][number];

/** A snapshot that a person made, unless `more` says otherwise. */
export const point = (name: string, more: Partial<TreePoint> = {}): TreePoint => ({
  id: `id-${name}`,
  name,
  kind: "snapshot",
  layer: `layer-${name}`,
  madeAt: "2026-11-20T11:00:00.000Z",
  operation: 1,
  cause: "snapshot",
  isHeld: false,
  bytes: 4096,
  consistency: "off",
  specs: { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 },
  ...more,
});

export const tree = (instance: string, ...points: readonly TreePoint[]): PointTree => ({
  instance: { id: `id-${instance}`, name: instance },
  points: [...points],
});

/** What an operation's end tells of the point that it made. */
export const made = (name: string): { readonly point: Point } => ({ point: point(name) });
