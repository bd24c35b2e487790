/** How an instance looks from outside: Multipass's state words beside power and health. */
import type { StateWord, InstanceView, OperationBrief } from "../../model/view.ts";
import type { Health, Power } from "../../model/instance.ts";
import type { Labels } from "../../model/label.ts";
import type { InstanceState, PendingOperation } from "../instance/state.ts";
import { viewMounts } from "./mounts.ts";
import { networkViewOf } from "./network.ts";
import { nextStep } from "../instance/steps.ts";
import type { World } from "../world.ts";

/** All instances, by name. */
export function viewInstances(world: World): InstanceView[] {
  return [...world.instances.values()].map(viewInstance).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function viewInstance(state: InstanceState): InstanceView {
  const power = powerOf(state);
  return {
    id: state.id,
    name: state.name,
    state: wordOf(state, power),
    power,
    health: healthOf(state),
    ipv4: state.power === "running" ? [state.address] : [],
    image: imageOf(state),
    specs: state.specs,
    user: state.user,
    createdAt: state.createdAt,
    points: state.points.length,
    ...networkViewOf(state),
    ...given("cloudInit", state.cloudInit),
    ...given("origin", state.origin && `${state.origin.name}@${state.origin.point}`),
    ...given("from", state.from),
    ...given("startedAt", state.running?.since),
    ...given("resumed", state.running?.resumed),
    ...given("stoppedAt", state.running ? undefined : state.stopped?.at),
    ...given("stopCause", state.running ? undefined : state.stopped?.cause),
    ...given("suspended", state.suspended && { at: state.suspended.at, bytes: state.suspended.memoryBytes }),
    ...given("paused", state.paused),
    ...given("autostart", state.autostart),
    ...given("labels", sorted(state.labels ?? {})),
    ...given("mounts", viewMounts(state)),
    ...given("forwards", state.forwards && [...state.forwards]),
    ...given("endsAt", state.deleted ? undefined : state.endsAt),
    ...given("ephemeral", state.ephemeral),
    ...given("stopsAt", state.stopsAt),
    ...given("deletedAt", state.deleted?.at),
    ...given("expiresAt", state.deleted?.expires),
    ...given("accelerator", state.running?.accelerator),
    ...given("machine", state.hardware?.machine),
    ...given("ssh", state.running?.ssh),
    ...given("operation", state.pending && briefOf(state.pending)),
    ...given("lastFailure", state.lastFailure),
  };
}

function imageOf({ image: { name, title, sha256, offered } }: InstanceState): InstanceView["image"] {
  return { name, title, ...given("sha256", sha256), ...given("offered", offered) };
}

/** Undefined when there are none. */
function sorted(labels: Labels): Labels | undefined {
  const pairs = Object.entries(labels);
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function briefOf(operation: PendingOperation): OperationBrief {
  const { id, number, kind, requestedAt } = operation;
  return { id, number, kind, requestedAt, ...given("step", nextStep(operation)) };
}

/** An optional property that is there only when it has a value. */
export function given<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}

function powerOf(state: InstanceState): Power {
  const step = state.pending && nextStep(state.pending);
  if ((step === "stop" || step === "suspend") && state.power === "running") return "stopping";
  if (step === "boot" && state.power !== "running") return "starting";
  return state.power;
}

function healthOf(state: InstanceState): Health {
  if (state.power !== "running") return "none";
  if (state.paused) return "paused";
  if (state.reachable) return "ready";
  return state.pending ? "booting" : "unreachable";
}

function wordOf(state: InstanceState, power: Power): StateWord {
  const kind = state.pending?.kind;
  if (state.deleted) return "Deleted";
  if (kind === "restart") return "Restarting";
  if (kind === "launch" || kind === "fork" || kind === "start") return "Starting";
  if (kind === "suspend") return "Suspending";
  if (power === "stopping" || kind === "stop") return "Stopping";
  const words: Record<Power, StateWord> = {
    off: "Stopped",
    starting: "Starting",
    running: "Running",
    stopping: "Stopping",
    suspended: "Suspended",
    crashed: "Crashed",
  };
  return words[power];
}
