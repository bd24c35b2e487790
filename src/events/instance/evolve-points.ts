/** Folds what happens to an instance's points, and to the disk and memory that go with them. */
import type { KeptMemory, Point } from "../../model/point.ts";
import type { InstanceFact } from "./evolve.ts";
import { bareMounts, withMounts } from "./evolve-mounts.ts";
import { plain, withForwards } from "./forwards.ts";
import { networkConfigurationOf, withNetworkConfiguration } from "./networks.ts";
import type { InstanceState } from "./state.ts";

type Fact<Type extends InstanceFact["type"]> = Extract<InstanceFact, { type: Type }>;

/** The point that a frozen layer became, with the configuration of then; the top is the next layer. */
export function pointMade(state: InstanceState, fact: Fact<"instance.point-made">): InstanceState {
  const { next, memoryLost: _, ...made } = fact.data;
  const { number = 0, kind = "snapshot" } = state.pending ?? {};
  const point: Point = {
    ...made,
    madeAt: fact.time,
    operation: number,
    cause: kind,
    isHeld: false,
    specs: state.specs,
    ...(state.mounts && { mounts: bareMounts(state.mounts) }),
    ...(state.forwards && { forwards: state.forwards.map(plain) }),
    network: networkConfigurationOf(state),
  };
  const pointCounts = { ...state.pointCounts, [made.kind]: (state.pointCounts[made.kind] ?? 0) + 1 };
  return { ...state, points: [...state.points, point], pointCounts, layer: next };
}

/** The machine is off, or waits to go on from the point's memory. */
export function rewound(state: InstanceState, fact: Fact<"instance.rewound">): InstanceState {
  const { next, specs, kept, mounts = state.mounts } = fact.data;
  const forwarded = withForwards(withMounts(state, mounts), state.pending?.restore?.forwards ?? []);
  const network = state.points.find(({ id }) => id === fact.data.point)?.network;
  const { suspended: _, ...rest } = withNetworkConfiguration(forwarded, network);
  return { ...rest, layer: next, specs, power: "off", ...(kept && asSuspended(fact.time, kept)) };
}

export const asSuspended = (at: string, { memoryBytes, build }: KeptMemory) => ({
  power: "suspended" as const,
  suspended: { at, memoryBytes, build },
});

export function withoutPoint(state: InstanceState, id: string): InstanceState {
  return { ...state, points: state.points.filter((point) => point.id !== id) };
}

export function withHold(state: InstanceState, id: string, isHeld: boolean): InstanceState {
  return { ...state, points: state.points.map((point) => (point.id === id ? { ...point, isHeld } : point)) };
}

/** Operations that named it keep the name of then in their own events. */
export function withPointConfigured(state: InstanceState, { data }: Fact<"instance.point-configured">): InstanceState {
  const changed = (point: Point): Point => {
    if (data.key === "name") return { ...point, name: data.value };
    const { comment: _, ...rest } = point;
    return data.value === "" ? rest : { ...rest, comment: data.value };
  };
  return { ...state, points: state.points.map((point) => (point.id === data.point ? changed(point) : point)) };
}
