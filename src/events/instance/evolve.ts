/** Folds an instance's events into its state; purged and undone launches fold to nothing. */
import { assert, unreachable } from "../../errors.ts";
import type { OperationKind, Step } from "../../model/operation.ts";
import type { InstanceEvent } from "./events.ts";
import { begun, imported, isBeginning, open } from "./evolve-begin.ts";
import { mountAdded, mountDegraded, mountRemoved, mountRestored, settling } from "./evolve-mounts.ts";
import { evolveForward } from "./forwards.ts";
import { withKey } from "./keys.ts";
import { asSuspended, pointMade, rewound, withHold, withoutPoint, withPointConfigured } from "./evolve-points.ts";
import { evolveCable, evolveRefused, marked, networkConfigured } from "./networks.ts";
import type { InstanceState, PendingOperation } from "./state.ts";

/** The event with what the envelope adds and the fold needs. */
export type InstanceFact = InstanceEvent & { readonly id: string; readonly time: string; readonly operation?: string };

type Fact<Type extends InstanceEvent["type"]> = Extract<InstanceFact, { type: Type }>;

const without = <State extends object, Key extends keyof State>(state: State, ...keys: Key[]): Omit<State, Key> => {
  // Built up, since an object that something was deleted from is slow to copy for ever.
  const copy: Partial<State> = {};
  for (const key of Object.keys(state) as (keyof State)[])
    if (!(keys as readonly (keyof State)[]).includes(key)) copy[key] = state[key];
  return copy as Omit<State, Key>;
};

const close = (state: InstanceState): InstanceState => without(state, "pending");

const ended = (state: InstanceState, kind: OperationKind): InstanceState =>
  state.pending?.kind === kind ? close(state) : state;

const done = (state: InstanceState, step: Step): InstanceState =>
  state.pending ? { ...state, pending: { ...state.pending, done: [...state.pending.done, step] } } : state;

function failed(
  state: InstanceState,
  fact: Fact<`instance.${"launch" | "fork" | "import" | "start" | "stop" | "suspend" | "restart" | "resize" | "delete" | "purge" | "snapshot" | "restore"}-failed`>,
): InstanceState {
  const { step, code, reason } = fact.data;
  const operation = state.pending?.number ?? 0;
  return close({ ...state, lastFailure: { operation, at: fact.time, step, code, reason } });
}

/** A fork that goes on from memory is like one that was suspended. */
function diskCreated(state: InstanceState, { time, data }: Fact<"instance.disk-created">): InstanceState {
  const { layer, hardware, hostKey } = data;
  const made = { ...state, layer, hardware, hostKey };
  const warm = state.pending?.warm;
  return done(warm ? { ...made, ...asSuspended(time, warm.kept) } : made, "disk");
}

/** Its steps begin again, without the memory. */
function memoryGivenUp(state: InstanceState, { data }: Fact<"instance.memory-given-up">): InstanceState {
  const { step, code, reason } = data;
  const { pending, ...off } = without(state, "running", "suspended", "paused");
  const again = pending && { ...without(pending, "warm"), done: [], gaveUp: { step, code, reason } };
  return { ...off, power: "off", reachable: false, ...(again && { pending: again }) };
}

function suspended(state: InstanceState, fact: Fact<"instance.suspended">): InstanceState {
  const off = {
    ...without(state, "running", "paused", "stopsAt"),
    power: "suspended" as const,
    reachable: false,
    suspended: { at: fact.time, ...fact.data },
  };
  if (fact.operation === undefined || fact.operation !== state.pending?.id) return off;
  return state.pending.kind === "suspend" ? close(off) : done(off, "suspend");
}

function restoreRequested(fact: Fact<"instance.restore-requested">): PendingOperation {
  const { to, specs, mounts, next, keep, isRunning, forwards = [] } = fact.data;
  const restore = { to, specs, mounts, next, keeps: keep !== undefined, isRunning, forwards };
  return open(fact, "restore", fact.data, { restore, ...(keep && { wanted: keep }), ...settling(mounts) });
}

/** The new value of one key; what a guest is made of counts from its next start. */
function configured(state: InstanceState, { data }: Fact<"instance.configured">): InstanceState {
  if (data.key === "autostart") return { ...state, autostart: data.value };
  if (data.key === "allow-net" || data.key === "interfaces") return networkConfigured(state, data.key, data.value);
  if (data.key === "label") {
    const others = without(state.labels ?? {}, data.label);
    return { ...state, labels: data.value === "" ? others : { ...others, [data.label]: data.value } };
  }
  return { ...state, specs: { ...state.specs, [data.key]: data.value } };
}

function stopped(state: InstanceState, fact: Fact<"instance.stopped">): InstanceState {
  const { cause, detail } = fact.data;
  const off = {
    ...without(state, "running", "suspended", "paused", "stopsAt"),
    power: cause === "crash" || cause === "panic" ? ("crashed" as const) : ("off" as const),
    reachable: false,
    stopped: { at: fact.time, cause, ...(detail === undefined ? {} : { detail }) },
  };
  if (fact.operation === undefined || fact.operation !== state.pending?.id) return off;
  return state.pending.kind === "stop" ? close(off) : done(off, "stop");
}

function imageReady(state: InstanceState, { data }: Fact<"instance.image-ready">): InstanceState {
  const { deadline, ...image } = data;
  const { offered } = state.image;
  const ready = done({ ...state, image: { ...image, ...(offered && { offered }) } }, "image");
  return ready.pending && deadline !== undefined ? { ...ready, pending: { ...ready.pending, deadline } } : ready;
}

/** One event applied to a state that exists. */
function advance(state: InstanceState, fact: InstanceFact): InstanceState | undefined {
  switch (fact.type) {
    case "instance.launch-requested":
    case "instance.fork-requested":
    case "instance.import-requested":
      return begun(fact);
    case "instance.image-ready":
      return imageReady(state, fact);
    case "instance.disk-created":
      return diskCreated(state, fact);
    case "instance.imported":
      return close(imported(state, fact));
    case "instance.identified":
      return done(state, "identity");
    case "instance.memory-given-up":
      return memoryGivenUp(state, fact);
    case "instance.booted": {
      const { ssh, accelerator, cpu, build, resumed } = fact.data;
      return done(
        {
          ...without(state, "suspended", "paused"),
          power: "running",
          reachable: false,
          running: { ssh, accelerator, cpu, build, since: fact.time, ...(resumed && { resumed }) },
        },
        "boot",
      );
    }
    case "instance.reachable":
      return done({ ...state, reachable: true }, "reachable");
    case "instance.provisioned":
      // It was asked over SSH, so a guest that had restarted meanwhile is back.
      return done({ ...state, reachable: true }, "cloud-init");
    case "instance.launched":
    case "instance.forked":
    case "instance.started":
    case "instance.restarted":
    case "instance.restored":
      return without(close(state), "lastFailure");
    case "instance.launch-failed":
    case "instance.fork-failed":
    case "instance.import-failed":
      return fact.data.kept ? failed(state, fact) : undefined;
    case "instance.start-failed":
    case "instance.stop-failed":
    case "instance.restart-failed":
    case "instance.suspend-failed":
    case "instance.resize-failed":
    case "instance.delete-failed":
    case "instance.purge-failed":
    case "instance.snapshot-failed":
    case "instance.restore-failed":
      return failed(state, fact);
    case "instance.start-requested":
      return {
        ...without(state, "stopsAt"),
        pending: open(fact, "start", fact.data, {
          ...(state.power === "suspended" && { resumes: true }),
          ...settling(state.mounts),
        }),
      };
    case "instance.suspend-requested":
      return { ...state, pending: open(fact, "suspend", fact.data) };
    case "instance.suspended":
      return suspended(state, fact);
    case "instance.clock-set":
      return done(state, "clock");
    case "instance.mount-requested":
      return { ...state, pending: open(fact, "mount", fact.data, { mount: fact.data.mount }) };
    case "instance.unmount-requested":
      return { ...state, pending: open(fact, "umount", fact.data, { mount: fact.data.mount }) };
    case "instance.mount-failed":
    case "instance.unmount-failed":
      return close(state);
    case "instance.mount-added":
      return ended(mountAdded(state, fact), "mount");
    case "instance.mount-removed":
      return ended(mountRemoved(state, fact), "umount");
    case "instance.mounts-settled":
      return done(state, "mounts");
    case "instance.mount-degraded":
      return mountDegraded(state, fact);
    case "instance.mount-restored":
      return mountRestored(state, fact);
    case "instance.network-detached":
    case "instance.network-attached":
      return evolveCable(state, fact);
    case "instance.network-refused":
      return evolveRefused(state, fact);
    case "instance.renamed":
      return { ...state, name: fact.data.name };
    case "instance.configured":
      return configured(state, fact);
    case "instance.resize-requested":
      return { ...state, pending: open(fact, "set", fact.data, { disk: fact.data.value }) };
    case "instance.resized":
      return close({ ...state, specs: { ...state.specs, disk: fact.data.disk } });
    case "instance.stop-scheduled":
      return { ...state, stopsAt: fact.data.at };
    case "instance.stop-unscheduled":
      return without(state, "stopsAt");
    case "instance.stop-requested":
      return { ...state, pending: open(fact, "stop", fact.data) };
    case "instance.restart-requested":
      return { ...state, pending: open(fact, "restart", fact.data, settling(state.mounts)) };
    case "instance.delete-requested":
      return { ...state, pending: open(fact, "delete", fact.data) };
    case "instance.purge-requested":
      return { ...state, pending: open(fact, "purge", fact.data) };
    case "instance.stopped":
      return stopped(state, fact);
    case "instance.deleted":
      return { ...close(state), deleted: { at: fact.time, expires: fact.data.expires } };
    case "instance.recovered":
      // Whoever takes it out again wants it, though its time was over.
      return state.endsAt !== undefined && state.endsAt <= fact.time
        ? without(state, "deleted", "endsAt")
        : without(state, "deleted");
    case "instance.purged":
      return undefined;
    case "instance.snapshot-requested":
      return { ...state, pending: open(fact, "snapshot", fact.data) };
    case "instance.point-made": {
      const made = pointMade(state, fact);
      return state.pending?.kind === "snapshot" ? without(close(made), "lastFailure") : done(made, "freeze");
    }
    case "instance.point-missed":
      return done(state, "freeze");
    case "instance.restore-requested":
      return { ...state, pending: restoreRequested(fact) };
    case "instance.rewound":
      return done(rewound(state, fact), "rewind");
    case "instance.point-deleted":
    case "instance.point-removed":
      return withoutPoint(state, fact.data.point);
    case "instance.point-held":
      return withHold(state, fact.data.point, true);
    case "instance.point-released":
      return withHold(state, fact.data.point, false);
    case "instance.point-configured":
      return withPointConfigured(state, fact);
    case "instance.forward-added":
    case "instance.forward-removed":
    case "instance.forward-failed":
    case "instance.forward-restored":
      return evolveForward(state, fact);
    case "instance.key-authorized":
      return withKey(state, fact.data.fingerprint);
    case "instance.cancel-requested":
      return state.pending ? { ...state, pending: { ...state.pending, cancelled: true } } : state;
    case "instance.operation-abandoned":
      return state.pending ? { ...state, pending: { ...state.pending, abandoned: fact.data, done: [] } } : state;
    case "instance.reset":
    case "instance.panicked":
      return { ...state, reachable: false };
    case "instance.paused":
      return { ...state, reachable: false, paused: { at: fact.time, reason: fact.data.reason } };
    case "instance.resumed":
      return without(state, "paused");
    case "instance.session-started":
      return { ...state, sessions: { ...state.sessions, [fact.data.session]: fact.data.kind } };
    case "instance.session-ended":
      return { ...state, sessions: without(state.sessions as Record<string, string>, fact.data.session) };
    default:
      return unreachable(fact);
  }
}

/** The state after one more event; absent instances are undefined. */
export function evolveInstance(state: InstanceState | undefined, fact: InstanceFact): InstanceState | undefined {
  if (isBeginning(fact)) return marked(begun(fact));
  assert(state, `${fact.type} needs an instance that exists (${fact.id})`);
  const after = advance(state, fact);
  return after && marked(after);
}
