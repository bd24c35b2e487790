/** The rules for points: making them, going back to them, keeping and dropping them. */
import { exitCodes } from "../../errors.ts";
import type { Point, PointKind } from "../../model/point.ts";
import { Rejected } from "../decider.ts";
import type { ByTheWay, FrozenLayer, InstanceCommand, Missed } from "./commands.ts";
import type { InstanceEvent, WantedPoint } from "./events.ts";
import { forwardsAt } from "./forwards.ts";
import { intentOf, refuseBusy, refuseDeleted, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;
type OfPoint = Extract<InstanceCommand, { type: "delete-snapshot" | "hold" | "release" }>;

/** Points of one instance; automatic ones are thinned long before. */
export const pointsMax = 1_000;

export function decideSnapshot(
  command: Command<"snapshot">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  refuseTooMany(state);
  const { wanted } = command;
  if (wanted.memory !== undefined && state.power !== "running" && state.power !== "suspended") {
    throw new Rejected("no-memory", `"${state.name}" is off, so there is no memory to keep`, {
      exit: exitCodes.usage,
      hints: [["next", `strata snapshot ${state.name}`]],
    });
  }
  const name = wanted.name ?? nextName(state, wanted.kind);
  refuseNamed(state, name);
  return [
    {
      type: "instance.snapshot-requested",
      version: 1,
      data: { ...intentOf(command, around), wanted: { ...wanted, name } },
    },
  ];
}

export function decideRestore(
  command: Command<"restore">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const point = wantedPoint(state, command.to);
  const { next, keep, fresh } = command;
  const isRunning = state.power === "running";
  if (keep) refuseTooMany(state);
  const to = {
    point: point.id,
    name: point.name,
    layer: point.layer,
    ...(point.kept && !fresh && { kept: point.kept }),
  };
  const kept = keep && keptPresent(keep, state);
  const forwards = forwardsAt(point, state, around);
  return [
    {
      type: "instance.restore-requested",
      version: 1,
      data: {
        ...intentOf(command, around),
        to,
        specs: point.specs,
        mounts: point.mounts ?? [],
        next,
        isRunning,
        ...(kept && { keep: kept }),
        ...(forwards.length > 0 && { forwards: [...forwards] }),
      },
    },
  ];
}

/** The present as a point; its memory goes with it where there is some. */
function keptPresent(keep: NonNullable<Command<"restore">["keep"]>, state: InstanceState): WantedPoint {
  const { memory, ...wanted } = keep;
  const hasMemory = state.power === "running" || state.power === "suspended";
  return { ...wanted, kind: "branch", name: nextName(state, "branch"), ...(hasMemory && { memory }) };
}

export function decideDrop(command: OfPoint, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseBusy(state);
  const point = state.points.find(({ id }) => id === command.point);
  if (!point) return [];
  const { id, name } = point;
  if (point.isHeld) {
    throw new Rejected("point-held", `${state.name}@${name} is held`, {
      exit: exitCodes.refused,
      hints: [["next", `strata release ${state.name}@${name}`]],
    });
  }
  return [{ type: "instance.point-deleted", version: 1, data: { ...intentOf(command, around), point: id, name } }];
}

export function decideHold(command: OfPoint, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseBusy(state);
  const { id, name, isHeld } = wantedPoint(state, command.point);
  const isWanted = command.type === "hold";
  if (isHeld === isWanted) return [];
  const data = { ...intentOf(command, around), point: id, name };
  return isWanted
    ? [{ type: "instance.point-held", version: 1, data }]
    : [{ type: "instance.point-released", version: 1, data }];
}

export function decideConfigurePoint(
  command: Command<"configure-point">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const { id, name, comment = "" } = wantedPoint(state, command.point);
  const { key, value } = command;
  const before = key === "name" ? name : comment;
  if (value === before) return [];
  if (key === "name") refuseNamed(state, value);
  const data = { ...intentOf(command, around), point: id, name, key, value, before };
  return [{ type: "instance.point-configured", version: 1, data }];
}

/** By the daemon, in a quiet moment: a point that is held, or wanted by an operation, stays. */
export function decideRemovePoint(command: Command<"remove-point">, state: InstanceState): InstanceEvent[] {
  const point = state.points.find(({ id }) => id === command.point);
  if (!point || point.isHeld || state.pending) return [];
  const { id, name } = point;
  return [{ type: "instance.point-removed", version: 1, data: { point: id, name, why: command.why } }];
}

/** The point that an operation makes by the way; none of an instance that goes for good, or has too many already. */
export function pointByTheWay({ auto }: ByTheWay, state: InstanceState): { wanted?: WantedPoint } {
  if (!auto || state.ephemeral || state.points.length >= pointsMax) return {};
  return { wanted: { ...auto, name: nextName(state, auto.kind) } };
}

/** That point, or that it is missed; nothing where none was wanted. */
export function byTheWayOf(point: FrozenLayer | Missed | undefined, state: InstanceState): InstanceEvent[] {
  const name = state.pending?.wanted?.name;
  if (!point || name === undefined) return [];
  if (!("reason" in point)) return pointOf(point, state);
  const { code, reason } = point;
  return [{ type: "instance.point-missed", version: 1, data: { name, code, reason } }];
}

/** The frozen top as the point that the operation asked for. */
export function pointOf(frozen: FrozenLayer, { layer, pending }: InstanceState): InstanceEvent[] {
  if (!pending?.wanted) return [];
  const { memory: _, ...wanted } = pending.wanted;
  return [{ type: "instance.point-made", version: 1, data: { ...wanted, layer, ...frozen } }];
}

export function rewoundTo({ pending }: InstanceState): InstanceEvent[] {
  if (!pending?.restore) return [];
  const { to, next, specs, mounts } = pending.restore;
  const { layer: from, ...named } = to;
  return [
    {
      type: "instance.rewound",
      version: 1,
      data: { ...named, from, next, specs, ...(mounts && { mounts: [...mounts] }) },
    },
  ];
}

export const pointNamed = ({ points }: InstanceState, name: string): Point | undefined =>
  points.find((point) => point.name === name);

function refuseNamed(state: InstanceState, name: string): void {
  if (!pointNamed(state, name)) return;
  throw new Rejected("point-exists", `"${state.name}" has a point "${name}" already`, {
    hints: [
      ["did you mean", `${state.name}@${freeName(state, name)}`],
      ["next", `strata history ${state.name} --tree`],
    ],
  });
}

function wantedPoint(state: InstanceState, id: string): Point {
  const found = state.points.find((point) => point.id === id);
  if (found) return found;
  throw new Rejected("point-not-found", `"${state.name}" does not have that point any more`, {
    hints: [["next", `strata history ${state.name} --tree`]],
  });
}

/** `snapshot1`, `branch2`, `auto3`: counted on, so that a name means one point for ever. */
function nextName(state: InstanceState, kind: PointKind): string {
  return freeName(state, kind, (state.pointCounts[kind] ?? 0) + 1);
}

/** `stem` with the first number from `from` on that no point has; there are fewer points than tries. */
function freeName(state: InstanceState, stem: string, from = 2): string {
  for (let number = from; ; number++) if (!pointNamed(state, `${stem}${number}`)) return `${stem}${number}`;
}

function refuseTooMany({ name, points }: InstanceState): void {
  if (points.length < pointsMax) return;
  throw new Rejected("points-too-many", `"${name}" has ${points.length} points; more are not kept`, {
    hints: [
      ["next", `strata history ${name} --tree`],
      ["then", `strata delete ${name}@${points[0]?.name ?? "POINT"}`],
    ],
  });
}
