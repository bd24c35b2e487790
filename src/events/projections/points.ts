/** The points of an instance as a tree: what stands on what, and where we are. */
import type { PointTree } from "../../model/point-view.ts";
import type { InstanceState } from "../instance/state.ts";
import { bytesNow, type Layers, lineageOf } from "../layers.ts";
import { given } from "./instances.ts";

/** A point whose own was deleted hangs on the next one below. */
export function viewPoints(state: InstanceState, layers: Layers): PointTree {
  const byLayer = new Map(state.points.map((point) => [point.layer, point.name]));
  const below = (chain: readonly string[]) =>
    chain.map((layer) => byLayer.get(layer)).find((name) => name !== undefined);
  return {
    instance: { id: state.id, name: state.name },
    points: state.points.map((point) => ({
      ...point,
      bytes: bytesNow(layers, point),
      ...given("parent", below(lineageOf(layers, point.layer).slice(1))),
    })),
    ...given("now", below(lineageOf(layers, state.layer))),
  };
}
