/** A world with mounts for the reconciler, in virtual time: guests that mount what a script says, and a log that is only folded. */
import { createMounts } from "../../../src/daemon/mounts/mounts.ts";
import type { MountWay } from "../../../src/daemon/mounts/way.ts";
import type { Dispatcher } from "../../../src/daemon/dispatch.ts";
import { decide } from "../../../src/events/decide.ts";
import type { Recorded } from "../../../src/events/envelope.ts";
import { evolveWorld } from "../../../src/events/world.ts";
import type { Mount } from "../../../src/model/mount.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { type Fact, recordOf, worldOf } from "../../spec.ts";

/** A mount that was opened, for a test to end it. */
export interface Opened {
  readonly target: string;
  isOpen: boolean;
  readonly closes: { readonly force: boolean; readonly isHereOnly: boolean }[];
  end(why: string): void;
}

export const mountOf = (target: string, more: Partial<Mount> = {}): Mount => ({
  source: `/src${target}`,
  target,
  type: "classic",
  readOnly: false,
  uids: [],
  gids: [],
  owner: { uid: 1000, gid: 1000 },
  ...more,
});

export const added = (mount: Mount): Fact => ({ type: "instance.mount-added", data: { mount } });

/** Turns of the event loop: what happens goes through promises. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

export function createBed(given: readonly Fact[]) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const opened: Opened[] = [];
  const tries: number[] = [];
  const reports: string[] = [];
  const listeners = new Set<(records: readonly Recorded[]) => void>();
  let fails: () => Error | undefined = () => undefined;
  let closes: () => Error | undefined = () => undefined;

  const way: MountWay = {
    async open(_instance, { target }, signal) {
      tries.push(clock.elapsedMs());
      await clock.sleep(500, signal);
      const error = fails();
      if (error) throw error;
      const ended = Promise.withResolvers<string>();
      const mount: Opened = {
        target,
        isOpen: true,
        closes: [],
        end(why) {
          mount.isOpen = false;
          ended.resolve(why);
        },
      };
      opened.push(mount);
      return {
        ended: ended.promise,
        async close({ force, signal: limit }) {
          mount.closes.push({ force, isHereOnly: limit.aborted });
          const refusal = force ? undefined : closes();
          if (refusal) throw refusal;
          mount.end("it was closed");
        },
      };
    },
  };

  function record(type: string, data: Record<string, unknown>, operation?: string): void {
    const event = { type, version: 1, stream: "instance/i-1", data };
    const made = recordOf(event, world.position + 1, operation === undefined ? {} : { operation });
    evolveWorld(world, made);
    for (const listener of listeners) listener([made]);
  }

  const told: string[] = [];
  const dispatcher: Dispatcher = {
    world: () => world,
    async dispatch(command) {
      for (const { type, data } of decide(command, world)) {
        told.push(`${type.replace("instance.", "")} ${String(data["code"] ?? "")}`.trim());
        record(type, data);
      }
      return [];
    },
    remembered: () => undefined,
    read: async (compute) => compute(world),
  };
  const mounts = createMounts({
    dispatcher,
    log: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    ways: { classic: way, native: way },
    clock,
    ids: { next: () => "c", bytes: (length) => new Uint8Array(length) },
    isWritable: () => true,
    report: (line) => reports.push(line),
  });

  return {
    mounts,
    clock,
    opened,
    tries,
    told,
    reports,
    state: () => {
      const state = world.instances.get("i-1");
      if (!state) throw new Error("bug: the instance is gone");
      return state;
    },
    openTargets: () => opened.filter(({ isOpen }) => isOpen).map(({ target }) => target),
    happens: ({ type, data = {}, operation }: Fact) => record(type, data, operation),
    /** From now on, what opening comes to. */
    failing: (how: typeof fails) => void (fails = how),
    /** From now on, what closing without force comes to. */
    refusing: (how: typeof closes) => void (closes = how),
    settle,
    /** Lets virtual time pass. */
    async pass(ms: number): Promise<void> {
      const endMs = clock.elapsedMs() + ms;
      const mark = clock.after(ms, () => undefined);
      await settle();
      while (clock.elapsedMs() < endMs && clock.step()) await settle();
      mark();
    },
  };
}
