/** Makes the mounts of running guests what the log wants: level-triggered, one keeper for each. */
import { messageOf, UserError } from "../../errors.ts";
import { daemonActor } from "../../events/envelope.ts";
import { isSame } from "../../events/plan-mounts.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { nextStep } from "../../events/instance/steps.ts";
import { settingOf } from "../../events/settings/settings.ts";
import type { EventLog } from "../../events/store/log.ts";
import { orAbort, untilAborted } from "../../guest/or-abort.ts";
import type { Mount, MountType } from "../../model/mount.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Dispatcher } from "../dispatch.ts";
import { type Fault, type Keeper, startKeeper } from "./keeper.ts";
import type { MountWay } from "./way.ts";

/** Whoever starts an instance waits so long for its mounts; they go on without. */
const settleMs = 60_000;
/** To take a mount out of a guest that is wanted no more. */
const takeMs = 15_000;
/** Of a reason that is recorded. */
const reasonCharactersMax = 500;

export interface MountsOptions {
  readonly dispatcher: Dispatcher;
  readonly log: Pick<EventLog, "subscribe">;
  readonly ways: Readonly<Record<MountType, MountWay>>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  readonly report: (line: string) => void;
}

export interface Mounts {
  /** Looks at all; cheap when nothing has changed. */
  react(): void;
  /** Makes one that is asked for. Throws as `MountWay.open`; nothing of it is left then. */
  make(instance: InstanceState, mount: Mount, signal: AbortSignal, say: (text: string) => void): Promise<void>;
  /** Throws `mount-busy`. */
  take(
    instance: InstanceState,
    mount: Mount,
    how: { readonly force: boolean; readonly signal: AbortSignal },
  ): Promise<void>;
  /** Resolves when each mount of the instance is there or known to be degraded. */
  settle(instance: InstanceState, signal: AbortSignal): Promise<void>;
  /** Takes those out of the guest that keep its memory from being saved; they come back by themselves. Throws `mount-busy`. */
  release(instance: Pick<InstanceState, "id">, signal: AbortSignal): Promise<void>;
  /** Lets go of all; they stay wanted. */
  close(): void;
}

interface Kept {
  readonly id: string;
  /** Of the guest's run that it belongs to. */
  readonly since: string;
  readonly keeper: Keeper;
}

const keyOf = (id: string, target: string): string => `${id} ${target}`;

export function createMounts(options: MountsOptions): Mounts {
  const { dispatcher, clock, report } = options;
  const kept = new Map<string, Kept>();
  /** Whoever waits for one that is asked for, by instance. */
  const making = new Map<string, (error: UserError) => void>();
  const stateOf = (id: string) => dispatcher.world().instances.get(id);

  function start(state: InstanceState, mount: Mount, say?: (text: string) => void): Keeper {
    const { id, running } = state;
    const keeper = startKeeper({
      way: whenAllowed(options, mount.type),
      mount,
      clock,
      instance: () => stateOf(id),
      mayOpen: () => options.isWritable() && mayOpen(stateOf(id)),
      tell: (fault) => tell(options, id, mount.target, fault),
      ...(say && { say }),
    });
    kept.set(keyOf(id, mount.target), { id, since: running?.since ?? "", keeper });
    return keeper;
  }

  function react(isFresh = false): void {
    for (const [key, { id, since, keeper }] of kept) {
      const state = stateOf(id);
      if (!state || state.running?.since !== since) {
        kept.delete(key);
        keeper.drop();
      } else if (isWanted(state, keeper.mount)) keeper.wake(isFresh);
      else {
        kept.delete(key);
        takeOut(id, keeper);
      }
    }
    for (const state of dispatcher.world().instances.values()) startMissing(state);
    for (const [id, giveUp] of making) if (!mayOpen(stateOf(id))) giveUp(isGone);
  }

  function startMissing(state: InstanceState): void {
    if (!state.mounts || !options.isWritable() || !mayOpen(state)) return;
    const going = state.pending?.kind === "umount" ? state.pending.mount?.target : undefined;
    for (const { degraded: _, ...mount } of state.mounts)
      if (mount.target !== going && !kept.has(keyOf(state.id, mount.target))) start(state, mount);
  }

  function takeOut(id: string, keeper: Keeper): void {
    const limit = new AbortController();
    const disarm = clock.after(takeMs, () => limit.abort("timeout"));
    keeper
      .take({ force: true, signal: limit.signal })
      .catch((error: unknown) => report(`unmounting ${keeper.mount.target} of ${id}: ${messageOf(error)}`))
      .finally(() => {
        disarm();
        keeper.drop();
      });
  }

  /** A guest that has booted by itself has none of them: what serves a native one lives on, and would not tell. */
  function forget(id: string): void {
    for (const [key, { id: of, keeper }] of kept) {
      if (of !== id) continue;
      kept.delete(key);
      keeper.drop();
    }
  }

  const unsubscribe = options.log.subscribe((records) => {
    for (const { type, stream } of records) if (type === "instance.reset") forget(stream.slice("instance/".length));
    react(records.some(({ type }) => type === "instance.reachable" || type === "settings.changed"));
  });

  return {
    react,
    async make(instance, mount, signal, say) {
      const key = keyOf(instance.id, mount.target);
      const keeper = kept.get(key)?.keeper ?? start(instance, mount, say);
      try {
        await orAbort<void>(signal, (resolve, reject) => {
          making.set(instance.id, reject);
          keeper.first.then(resolve, reject);
          react();
        });
      } catch (error) {
        kept.delete(key);
        keeper.drop();
        throw error;
      } finally {
        making.delete(instance.id);
      }
    },
    async take({ id }, { target }, how) {
      const key = keyOf(id, target);
      const found = kept.get(key);
      await found?.keeper.take(how);
      if (kept.get(key) === found) kept.delete(key);
    },
    async settle({ id }, signal) {
      react();
      const own = [...kept.values()].filter((each) => each.id === id).map(({ keeper }) => keeper);
      const late = new Set(own);
      const limit = Promise.withResolvers<void>();
      const disarm = clock.after(settleMs, limit.resolve);
      const settled = own.map(async (keeper) => {
        await keeper.first.catch(() => undefined);
        late.delete(keeper);
      });
      const over = Promise.race([Promise.all(settled), limit.promise]);
      await untilAborted<unknown>(signal, over).finally(disarm);
      for (const { mount } of late) await tell(options, id, mount.target, isSlow);
    },
    async release({ id }, signal) {
      for (const { id: of, keeper } of kept.values())
        if (of === id && keeper.mount.type === "native") await keeper.release(signal);
    },
    close() {
      unsubscribe();
      for (const { keeper } of kept.values()) keeper.drop();
      kept.clear();
    },
  };
}

/** A guest that stands still may go on only when nothing is under way. */
const isGone = new UserError("guest-unreachable", "the guest does not answer any more");

const isSlow: Fault = {
  code: "mount-slow",
  reason: `it was not there after ${settleMs / 1000} s; it is still being made`,
};

/** What is opened while something else is under way might not outlive it. */
function mayOpen(state: InstanceState | undefined): boolean {
  if (!state || state.power !== "running" || !state.reachable || state.paused || state.deleted) return false;
  const step = state.pending && nextStep(state.pending);
  return step === undefined ? !state.pending : step === "mount" || step === "unmount" || step === "mounts";
}

/** In the log, or about to be. */
function isWanted({ mounts = [], pending, deleted }: InstanceState, wanted: Mount): boolean {
  const coming = pending?.kind === "mount" && !pending.cancelled && pending.mount ? [pending.mount] : [];
  return !deleted && [...mounts, ...coming].some((mount) => isSame(mount, wanted));
}

/** A way that says so where mounts are switched off. */
function whenAllowed({ ways, dispatcher }: MountsOptions, type: MountType): MountWay {
  return {
    async open(...all) {
      if (settingOf(dispatcher.world().settings, "mounts.enabled") !== "on")
        throw new UserError("mounts-disabled", "mounts are switched off", {
          hints: [["next", "strata set mounts.enabled=on"]],
        });
      return ways[type].open(...all);
    },
  };
}

/** Records a change; what the log says already is not said again. */
async function tell(
  { dispatcher, ids, isWritable, report }: MountsOptions,
  id: string,
  target: string,
  fault: Fault | undefined,
): Promise<void> {
  const mount = dispatcher
    .world()
    .instances.get(id)
    ?.mounts?.find((each) => each.target === target);
  if (!mount || !isWritable() || (!fault && !mount.degraded)) return;
  const why = fault && { fault: { code: fault.code, reason: fault.reason.slice(0, reasonCharactersMax) } };
  await dispatcher
    .dispatch({ type: "observe-mount", id, target, ...why }, { by: daemonActor, command: ids.next() })
    .catch((error: unknown) => report(`mount ${target} of ${id}: ${messageOf(error)}`));
}
