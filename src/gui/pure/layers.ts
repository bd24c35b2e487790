/** Which points the present of an instance stands on, the newest first. */
import type { PointTree } from "../../model/point-view.ts";

export interface Layer {
  readonly name: string;
  readonly kind: string;
  /** What it took on disk when it was frozen. */
  readonly bytes: number;
  readonly madeAt: string;
  readonly memoryBytes?: number;
}

/** From the point below the writable top down to the image. */
export function layersOf(tree: PointTree | undefined): readonly Layer[] {
  const byName = new Map(tree?.points.map((point) => [point.name, point]));
  const layers: Layer[] = [];
  for (let point = byName.get(tree?.now ?? ""); point; point = byName.get(point.parent ?? "")) {
    const { name, kind, bytes, madeAt, kept } = point;
    layers.push({ name, kind, bytes, madeAt, ...(kept && { memoryBytes: kept.memoryBytes }) });
    // A tree has no rings; a damaged answer must not hang the page.
    if (layers.length > byName.size) break;
  }
  return layers;
}
