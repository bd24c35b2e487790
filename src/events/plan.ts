/** The planner: what brings the managed state of now to that of then, and what cannot come back. Pure. */
import type { Point } from "../model/point.ts";
import type { InstanceState } from "./instance/state.ts";
import { planMounts } from "./plan-mounts.ts";
import { settingOf, shownSetting } from "./settings/settings.ts";
import { planNetworkKeys, planNetworks } from "./plan-network.ts";
import type { Inverse } from "./undo.ts";
import { planForwards, type Returning } from "./undo-forward.ts";
import type { World } from "./world.ts";

export interface Plan {
  readonly steps: readonly Inverse[];
  /** What would change, a sentence each. */
  readonly lines: readonly string[];
  /** What stays as it is, and why. */
  readonly remains: readonly string[];
}

interface Draft {
  readonly steps: Inverse[];
  readonly lines: string[];
  readonly remains: string[];
}

/**
 * From `now` to `then`: settings, names, keys, the trash, and disks where there is a point for them. `undone`: number of the rollback
 * that this one takes back; its branches are what the disks were, and a disk that it left alone is left alone.
 */
export function planRollback(now: World, then: World, undone?: number): Plan {
  const plan: Draft = { steps: [], lines: [], remains: [] };
  const pointFor = (state: InstanceState) =>
    undone === undefined ? newestBefore(state, then.time) : firstBranchAfter(state, undone);
  const returning: Returning[] = [];
  for (const [id, state] of now.instances) {
    const wanted = then.instances.get(id);
    if (wanted) returning.push(planInstance(plan, state, wanted, pointFor(state), undone === undefined));
    else if (!state.deleted) add(plan, { type: "delete", id }, `${state.name} goes to the trash: it was not there yet`);
  }
  for (const [id, { name }] of then.instances)
    if (!now.instances.has(id)) plan.remains.push(`${name} does not come back: it was purged`);
  for (const { step, line } of planForwards(returning)) add(plan, step, line);
  planNetworks(plan, (step, line) => add(plan, step, line), now, then);
  planSettings(plan, now, then);
  return plan;
}

function add({ steps, lines }: Draft, step: Inverse, line: string): void {
  steps.push(step);
  lines.push(line);
}

function planInstance(
  plan: Draft,
  state: InstanceState,
  wanted: InstanceState,
  point: Point | undefined,
  isAsked: boolean,
): Returning {
  const { id, name } = state;
  if (wanted.deleted) {
    if (!state.deleted) add(plan, { type: "delete", id }, `${name} goes to the trash again`);
    return { state, wanted: state };
  }
  if (state.deleted) add(plan, { type: "recover", id }, `${name} is taken out of the trash, stopped`);
  if (wanted.name !== name)
    add(plan, { type: "rename", id, name: wanted.name }, `${name} is called ${wanted.name} again`);
  const brought = isAsked || point ? planDisk(plan, state, wanted, point) : undefined;
  const { specs, mounts } = brought ?? state;
  planKeys(plan, { ...state, specs }, wanted);
  for (const { step, line } of planMounts(state, mounts, wanted.mounts)) add(plan, step, line);
  planPoints(plan, state, wanted);
  return { state, wanted, point: brought };
}

/** The disk of then, where it may have changed since; answers the point that it goes back to, which brings its specs, mounts and forwards. */
function planDisk(
  plan: Draft,
  state: InstanceState,
  wanted: InstanceState,
  point: Point | undefined,
): Point | undefined {
  if (isUntouched(state, wanted)) return undefined;
  if (!point) {
    plan.remains.push(`the disk of ${state.name} stays as it is: it has no point from that time`);
    return undefined;
  }
  const memory = point.kept ? ", with its memory" : "";
  add(
    plan,
    { type: "restore", id: state.id, to: point.id },
    `${state.name} goes back to ${state.name}@${point.name}${memory}`,
  );
  return point;
}

const newestBefore = ({ points }: InstanceState, time: string): Point | undefined =>
  points.findLast(({ madeAt }) => madeAt <= time);

/** The present that a rollback left. */
const firstBranchAfter = ({ points }: InstanceState, rollback: number): Point | undefined =>
  points.find(({ kind, operation }) => kind === "branch" && operation > rollback);

/** It was off then, is off now, and has not run or been another one between. */
function isUntouched(state: InstanceState, wanted: InstanceState): boolean {
  const isOff = state.power !== "running" && wanted.power !== "running";
  return isOff && state.layer === wanted.layer && state.stopped?.at === wanted.stopped?.at;
}

function planKeys(plan: Draft, state: InstanceState, wanted: InstanceState): void {
  const { id, name, specs } = state;
  for (const key of ["cpus", "memory", "disk"] as const) {
    const value = wanted.specs[key];
    if (value === specs[key]) continue;
    if (key === "disk" && value < specs.disk) plan.remains.push(`the disk of ${name} keeps its size: it never shrinks`);
    else add(plan, { type: "configure", id, key, value }, `${key} of ${name} is ${value} again`);
  }
  planLabels(plan, state, wanted);
  planNetworkKeys(plan, (step, line) => add(plan, step, line), state, wanted);
  const autostart = wanted.autostart ?? "last";
  if (autostart !== (state.autostart ?? "last"))
    add(
      plan,
      { type: "configure", id, key: "autostart", value: autostart },
      `autostart of ${name} is ${autostart} again`,
    );
}

function planLabels(plan: Draft, { id, name, labels = {} }: InstanceState, wanted: InstanceState): void {
  for (const label of new Set([...Object.keys(labels), ...Object.keys(wanted.labels ?? {})])) {
    const value = wanted.labels?.[label] ?? "";
    if (value === (labels[label] ?? "")) continue;
    add(plan, { type: "configure", id, key: "label", label, value }, `label ${label} of ${name} is "${value}" again`);
  }
}

/** What points are called, and their notes. */
function planPoints(plan: Draft, { id, name, points }: InstanceState, wanted: InstanceState): void {
  for (const point of points) {
    const was = wanted.points.find((each) => each.id === point.id);
    if (!was) continue;
    const at = `${name}@${point.name}`;
    const step = { type: "configure-point", id, point: point.id } as const;
    if (was.name !== point.name)
      add(plan, { ...step, key: "name", value: was.name }, `${at} is called ${was.name} again`);
    const [comment = "", before = ""] = [point.comment, was.comment];
    if (before !== comment)
      add(plan, { ...step, key: "comment", value: before }, `comment of ${at} is "${before}" again`);
  }
}

function planSettings(plan: Draft, now: World, then: World): void {
  for (const key of new Set([...Object.keys(now.settings), ...Object.keys(then.settings)])) {
    const value = settingOf(then.settings, key);
    if (value !== settingOf(now.settings, key))
      add(plan, { type: "change-setting", key, value }, `${key} is "${shownSetting(key, value)}" again`);
  }
}
