/** Given facts, when a command, then facts: the shape of every decider test. */
import { expect } from "bun:test";
import { UserError } from "../src/errors.ts";
import { type Command, decide } from "../src/events/decide.ts";
import { daemonActor, type NewEvent, type Recorded } from "../src/events/envelope.ts";
import { emptyWorld, evolveWorld, type World } from "../src/events/world.ts";

export const second = (n: number): string => new Date(Date.UTC(2026, 10, 20, 11, 0, n)).toISOString();

/** A record as the log would make it; only what folds look at is real. */
export function recordOf(event: NewEvent, position: number, extra: Partial<Recorded> = {}): Recorded {
  return {
    ...event,
    position,
    time: second(position),
    revision: position,
    command: `c-${position}`,
    by: daemonActor,
    durable: position - 1,
    previous: "",
    hash: "",
    ...extra,
  };
}

/** A fact about the instance `i-1`, within operation `operation` when given. */
export interface Fact {
  readonly type: string;
  readonly data?: Record<string, unknown>;
  readonly operation?: string;
}

export function worldOf(facts: readonly Fact[], stream = "instance/i-1"): World {
  const world = emptyWorld();
  facts.forEach(({ type, data = {}, operation }, index) => {
    evolveWorld(
      world,
      recordOf({ type, version: 1, stream, data }, index + 1, operation === undefined ? {} : { operation }),
    );
  });
  return world;
}

/** `given(facts).when(command).thenTypes(types…)` or `.thenRefused(code)`. */
export function given(...facts: readonly Fact[]) {
  const world = worldOf(facts);
  return {
    when(command: Command) {
      const outcome = attempt(() => decide(command, world));
      return {
        thenTypes: (...types: readonly string[]) => {
          if (outcome.error) throw outcome.error;
          expect(outcome.value?.map((event) => event.type)).toEqual([...types]);
        },
        thenEvents: (events: readonly Partial<NewEvent>[]) => {
          if (outcome.error) throw outcome.error;
          expect(outcome.value).toMatchObject(events as NewEvent[]);
        },
        thenRefused: (code: string) => {
          expect(outcome.error).toBeInstanceOf(UserError);
          expect((outcome.error as UserError).code).toBe(code);
        },
      };
    },
  };
}

function attempt<Value>(work: () => Value): { value?: Value; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/** What a boot came to. */
export const bootResult = {
  step: "boot",
  ssh: { host: "h", port: 1 },
  accelerator: "tcg",
  cpu: "c",
  build: "b",
  adopted: false,
} as const;

const why = { code: "x", reason: "y" };
export const specs = { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 };
const deadline = second(59);

/** Facts that tests string together. */
export const facts = {
  launchRequested: {
    type: "instance.launch-requested",
    operation: "op-1",
    data: {
      number: 1,
      deadline,
      name: "web",
      ordinal: 1,
      image: { name: "tiny" },
      specs,
      mac: "52:54:00:00:00:01",
      address: "10.77.0.2",
      layer: "l-1",
      user: "ubuntu",
    },
  },
  imageReady: {
    type: "instance.image-ready",
    operation: "op-1",
    data: { name: "tiny", title: "Tiny", sha256: "a".repeat(64) },
  },
  diskCreated: {
    type: "instance.disk-created",
    operation: "op-1",
    data: { layer: "l-1", hardware: { driver: "fake", machine: "m-1" }, hostKey: "ssh-ed25519 A" },
  },
  booted: (operation?: string): Fact => ({
    type: "instance.booted",
    data: { ssh: { host: "127.0.0.1", port: 2222 }, accelerator: "tcg", cpu: "c", build: "b", adopted: false },
    ...(operation === undefined ? {} : { operation }),
  }),
  reachable: (operation?: string): Fact => ({
    type: "instance.reachable",
    ...(operation === undefined ? {} : { operation }),
  }),
  provisioned: { type: "instance.provisioned", operation: "op-1", data: { status: "done" } },
  launched: { type: "instance.launched", operation: "op-1" },
  startRequested: { type: "instance.start-requested", operation: "op-2", data: { number: 2, deadline } },
  stopRequested: { type: "instance.stop-requested", operation: "op-2", data: { number: 2, deadline, force: false } },
  restartRequested: {
    type: "instance.restart-requested",
    operation: "op-2",
    data: { number: 2, deadline, force: false },
  },
  deleteRequested: {
    type: "instance.delete-requested",
    operation: "op-3",
    data: { number: 3, deadline, expires: second(50) },
  },
  deleted: { type: "instance.deleted", operation: "op-3", data: { expires: second(50) } },
  purgeRequested: { type: "instance.purge-requested", operation: "op-4", data: { number: 4, deadline } },
  stopped: (cause = "user", operation?: string): Fact => ({
    type: "instance.stopped",
    data: { cause },
    ...(operation === undefined ? {} : { operation }),
  }),
  abandoned: (operation: string, step: string): Fact => ({
    type: "instance.operation-abandoned",
    operation,
    data: { step, ...why, result: "failed" },
  }),
} as const satisfies Record<string, Fact | ((...words: string[]) => Fact)>;

/** Launched and running; then stopped. */
export const running: readonly Fact[] = [
  facts.launchRequested,
  facts.imageReady,
  facts.diskCreated,
  facts.booted("op-1"),
  facts.reachable("op-1"),
  facts.provisioned,
  facts.launched,
];
export const stopped: readonly Fact[] = [...running, facts.stopped()];
