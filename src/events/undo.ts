/** The inverse of an operation, from what the log says of it and what is true now. Pure: ids and times come later. */
import { exitCodes, UserError, type Hint } from "../errors.ts";
import type { Autostart } from "../model/instance.ts";
import type { Mount } from "../model/mount.ts";
import type { OperationKind, OperationResult } from "../model/operation.ts";
import { formatInterfaces } from "../model/network-word.ts";
import type { Point } from "../model/point.ts";
import { undoRows } from "../model/undo.ts";
import type { Actor } from "./envelope.ts";
import type { Configuration } from "./instance/commands.ts";
import type { InstanceState } from "./instance/state.ts";
import { isSame, mountLine, unmountLine, unmountOf } from "./plan-mounts.ts";
import type { PlannedStep } from "./rollback/events.ts";
import { forwardBack } from "./undo-forward.ts";
import { settingOf, shownSetting } from "./settings/settings.ts";
import { undoCable, undoNetwork } from "./undo-network.ts";
import type { World } from "./world.ts";

/** An operation that has ended, or is under way, as undo needs to know it. */
export interface DoneOperation {
  readonly number: number;
  readonly id: string;
  readonly kind: OperationKind;
  readonly stream: string;
  readonly by: Actor;
  readonly time: string;
  /** Of its intent. */
  readonly position: number;
  readonly result: OperationResult;
  /** Data of its intent. */
  readonly data: Readonly<Record<string, unknown>>;
  /** It is the undo, or the redo, of this operation. */
  readonly undoes?: number;
  readonly redoes?: number;
}

/** What is to be done, without the ids and times that a command has besides. */
export type Inverse = PlannedStep;

export interface Undoing {
  readonly inverse: Inverse;
  readonly lines: readonly string[];
}

/** Throws `not-undoable`, `undo-conflict` where a later change stands in the way, and `point-not-found`. */
export function inverseOf(done: DoneOperation, world: World): Undoing {
  const { kind, data } = done;
  const row = undoRows[kind];
  if (row.undo !== "yes") throw notUndoable(done, world, row.why, row.undo === "no" ? row.helps : undefined);
  if (kind === "set" && done.stream.startsWith("settings/")) return setBack(data, world);
  if (kind === "network-create" || kind === "network-delete") return undoNetwork(done, world);
  const state = instanceOf(done, world);
  const { id, name } = state;
  switch (kind) {
    case "launch":
    case "fork":
    case "import":
    case "recover":
      if (state.deleted) throw conflict(done, `${name} is in the trash already`, `strata recover ${name}`);
      return { inverse: { type: "delete", id }, lines: [`${name} goes to the trash`] };
    case "delete":
      if (!state.deleted) throw conflict(done, `${name} is not in the trash any more`, `strata info ${name}`);
      return { inverse: { type: "recover", id }, lines: [`${name} is taken out of the trash, stopped`] };
    case "set":
      return data["point"] === undefined ? configureBack(done, state) : configurePointBack(done, state);
    case "detach":
    case "attach":
      return undoCable(done, state);
    case "rename":
      return renameBack(done, state);
    case "mount":
    case "umount":
      return mountBack(done, state);
    case "restore":
      return restoreBack(done, state);
    case "forward":
    case "unforward":
      return forwardBack(kind, data, state);
    default:
      return holdBack(done, state);
  }
}

function setBack(data: DoneOperation["data"], world: World): Undoing {
  const [key, value, before] = [String(data["key"]), String(data["value"]), String(data["before"])];
  const now = settingOf(world.settings, key);
  if (now !== value) throw changedSince(key, shownSetting(key, now), `strata set ${key}=${shownSetting(key, before)}`);
  const lines = [`${key} is "${shownSetting(key, before)}" again`];
  return { inverse: { type: "change-setting", key, value: before }, lines };
}

function configureBack({ data }: DoneOperation, state: InstanceState): Undoing {
  const { id, name } = state;
  const { value, before, ...which } = data as unknown as Configuration & { readonly before: never };
  const shown = which.key === "label" ? `label ${which.label}` : which.key;
  if (which.key === "disk") {
    throw new UserError("not-undoable", `the disk of ${name} has grown, and a disk never shrinks`, {
      hints: [["next", `strata restore ${name}@POINT (a point from before)`]],
    });
  }
  const now = valueNow(state, which);
  if (now !== value) throw changedSince(`${shown} of ${name}`, String(now), `strata info ${name}`);
  const lines = [`${shown} of ${name} is ${before === "" ? "gone" : String(before)} again`];
  return { inverse: { type: "configure", id, ...wantedOf(which, before) }, lines };
}

function valueNow(
  { specs, autostart, labels = {}, allowNet, interfaces = [] }: InstanceState,
  which: { key: Configuration["key"]; label?: string },
): string | number {
  switch (which.key) {
    case "autostart":
      return autostart ?? "last";
    case "label":
      return labels[which.label ?? ""] ?? "";
    case "allow-net":
      return allowNet ?? "all";
    case "interfaces":
      return formatInterfaces(interfaces);
    default:
      return specs[which.key];
  }
}

function configurePointBack({ data }: DoneOperation, state: InstanceState): Undoing {
  const { key, value, before } = data as { key: "name" | "comment"; value: string; before: string };
  const { id, name } = state;
  const point = pointOf(data, state);
  const now = key === "name" ? point.name : (point.comment ?? "");
  const at = `${name}@${point.name}`;
  if (now !== value)
    throw changedSince(`${key} of ${at}`, now, `strata set local.${name}.${point.name}.${key}="${before}"`);
  const line = key === "name" ? `${at} is called ${before} again` : `comment of ${at} is "${before}" again`;
  return { inverse: { type: "configure-point", id, point: point.id, key, value: before }, lines: [line] };
}

function wantedOf(which: { key: Configuration["key"]; label?: string }, value: unknown): Configuration {
  if (which.key === "label") return { key: "label", label: which.label ?? "", value: String(value) };
  if (which.key === "allow-net" || which.key === "interfaces") return { key: which.key, value: String(value) };
  if (which.key === "autostart") return { key: "autostart", value: value as Autostart };
  return { key: which.key, value: Number(value) };
}

function renameBack({ data }: DoneOperation, { id, name }: InstanceState): Undoing {
  const [given, before] = [String(data["name"]), String(data["before"])];
  if (name !== given) throw changedSince(`the name of ${given}`, name, `strata rename ${name} ${before}`);
  return { inverse: { type: "rename", id, name: before }, lines: [`${name} is called ${before} again`] };
}

function mountBack({ kind, data }: DoneOperation, { id, name, mounts = [] }: InstanceState): Undoing {
  const mount = data["mount"] as Mount;
  const now = mounts.find(({ target }) => target === mount.target);
  if (kind === "mount") {
    if (!now || !isSame(now, mount)) throw mountChanged(mount, name, now?.source ?? "");
    return { inverse: unmountOf(id, mount.target), lines: [unmountLine(name, mount.target)] };
  }
  if (now) throw mountChanged(mount, name, now.source);
  return { inverse: { type: "mount", id, mount }, lines: [mountLine(name, mount)] };
}

const mountChanged = ({ target }: Mount, name: string, now: string) =>
  changedSince(`the mount at ${target} of ${name}`, now === "" ? "none" : now, `strata info ${name}`);

function restoreBack({ data, number }: DoneOperation, { id, name, points }: InstanceState): Undoing {
  const keep = data["keep"] as { id: string; name: string } | undefined;
  if (!keep) {
    throw new UserError("not-undoable", `the state that operation ${number} left was thrown away (--discard)`, {
      hints: [["next", `strata history ${name} --tree`]],
    });
  }
  const point = points.find((each) => each.id === keep.id);
  if (!point) {
    throw new UserError("point-not-found", `${name}@${keep.name}, which kept the state of before, is gone`, {
      hints: [["next", `strata history ${name} --tree`]],
    });
  }
  const lines = [
    `${name} goes back to ${name}@${point.name}${point.kept ? ", with its memory" : ""}`,
    "the state of now is kept as a branch",
  ];
  return { inverse: { type: "restore", id, to: point.id }, lines };
}

/** The point that an operation was about. Throws `point-not-found`. */
function pointOf(data: DoneOperation["data"], { name, points }: InstanceState): Point {
  const point = points.find((each) => each.id === data["point"]);
  if (point) return point;
  throw new UserError("point-not-found", `${name}@${String(data["name"])} is gone`, {
    hints: [["next", `strata history ${name} --tree`]],
  });
}

function holdBack({ kind, data }: DoneOperation, state: InstanceState): Undoing {
  const { id, name } = state;
  const point = pointOf(data, state);
  const type = kind === "hold" ? "release" : "hold";
  const is = type === "hold" ? "is held again" : "is released";
  return { inverse: { type, id, point: point.id }, lines: [`${name}@${point.name} ${is}`] };
}

function instanceOf(done: DoneOperation, world: World): InstanceState {
  const state = world.instances.get(done.stream.slice("instance/".length));
  if (state) return state;
  throw new UserError("not-undoable", `the instance of operation ${done.number} is gone for good`, {
    hints: [["next", `strata show ${done.number}`]],
  });
}

function notUndoable(
  { number, kind, data, stream }: DoneOperation,
  world: World,
  why: string,
  helps?: string,
): UserError {
  const instance = world.instances.get(stream.slice("instance/".length))?.name ?? "INSTANCE";
  const wanted = data["wanted"] as { name?: string } | undefined;
  const fill = (text: string) => text.replace("INSTANCE", instance).replace("POINT", wanted?.name ?? "POINT");
  const hints: Hint[] = helps === undefined ? [] : [["next", fill(helps)]];
  return new UserError("not-undoable", `operation ${number}, ${kind}, is not undone: ${fill(why)}`, {
    exit: exitCodes.failed,
    hints,
  });
}

const conflict = ({ number }: DoneOperation, what: string, next: string) =>
  new UserError("undo-conflict", `operation ${number} cannot be undone: ${what}`, { hints: [["next", next]] });

const changedSince = (what: string, now: string, next: string) =>
  new UserError("undo-conflict", `${what} was changed since: it is "${now}" now`, { hints: [["next", next]] });
