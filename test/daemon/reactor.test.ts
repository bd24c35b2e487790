/** The reactor by itself: what it begins, and what it makes of what comes back. */
import { expect, test } from "bun:test";
import type { Dispatcher } from "../../src/daemon/dispatch.ts";
import { createReactor, type Effect, type Effects } from "../../src/daemon/reactor.ts";
import { UserError } from "../../src/errors.ts";
import type { Command } from "../../src/events/decide.ts";
import { emptyWorld, type World } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { bootResult, facts, stopped, worldOf } from "../spec.ts";

const storage = new UserError("storage-unavailable", "the disk is full");

type Events = Parameters<typeof worldOf>[0];
const bootOwed = (deadline: string): Events => [
  { type: "instance.start-requested", operation: "op-2", data: { number: 2, deadline } },
];
const destroyOwed = (deadline: string): Events => [
  { type: "instance.purge-requested", operation: "op-2", data: { number: 2, deadline } },
  { type: "instance.stopped", operation: "op-2", data: { cause: "user" } },
];

const freezeOwed = (deadline: string): Events => {
  const wanted = { id: "p-1", kind: "snapshot", next: "l-2" };
  return [{ type: "instance.snapshot-requested", operation: "op-2", data: { number: 2, deadline, wanted } }];
};

/** A reactor that owes a step, the boot of a start if not told, which may take `leftMs` more. */
async function react({
  leftMs = 60_000,
  isWritable = true,
  durable = worldOfStart,
  refuse,
  owed = bootOwed,
}: {
  leftMs?: number;
  owed?: typeof bootOwed;
  isWritable?: boolean;
  durable?: (world: World) => World;
  refuse?: UserError;
}) {
  const clock = createSimulatedClock();
  const deadline = new Date(clock.now().getTime() + leftMs).toISOString();
  let world = worldOf([...stopped, ...owed(deadline)]);
  const told: Command[] = [];
  const failed: string[] = [];
  let boots = 0;
  const boot: Effect = async () => {
    boots += 1;
    return bootResult;
  };
  const never: Effect = async () => ({ step: "destroy" });
  const others = {
    image: never,
    disk: never,
    identity: never,
    reachable: never,
    "cloud-init": never,
    clock: never,
    suspend: never,
    resize: never,
    rewind: never,
    mount: never,
    unmount: never,
    mounts: never,
  };
  const freeze: Effect = async () => ({ step: "freeze", frozen: { bytes: 1, consistency: "off" } });
  const effects: Effects = { ...others, boot, freeze, stop: never, destroy: never };
  const dispatcher: Dispatcher = {
    world: () => world,
    async dispatch(command) {
      told.push(command);
      if (refuse) throw refuse;
      world.pending.clear();
      return [];
    },
    remembered: () => undefined,
    async read(compute) {
      world = durable(world);
      return compute(world);
    },
  };
  const reactor = createReactor({
    dispatcher,
    effects,
    clock,
    ids: { next: () => "c", bytes: (length) => new Uint8Array(length) },
    isWritable: () => isWritable,
    failed: (id) => failed.push(id),
    say: () => {},
    report: () => {},
  });
  reactor.react();
  for (let turn = 0; turn < 50; turn++) await undefined;
  return { told, failed, boots };
}

const worldOfStart = (world: World): World => world;

test("a step that is done is told", async () => {
  const { told, boots } = await react({});
  expect(boots).toBe(1);
  expect(told).toEqual([{ type: "step-succeeded", id: "i-1", operation: "op-2", result: bootResult }]);
});

test("nothing is begun while the log takes no more", async () =>
  expect(await react({ isWritable: false })).toMatchObject({ boots: 0, told: [] }));

test("what a failed write took back is not begun", async () =>
  expect(await react({ durable: emptyWorld })).toMatchObject({ boots: 0, told: [] }));

test("what ran out of time while no daemon was there is not begun, and is looked at", async () => {
  const { told, boots, failed } = await react({ leftMs: -1 });
  expect(boots).toBe(0);
  expect(told).toMatchObject([{ type: "step-failed", step: "boot", code: "boot-timeout", result: "timeout" }]);
  expect(failed).toEqual(["i-1"]);
});

test("a purge that had come to its last step is finished, however late: what is gone must not be called kept", async () => {
  const { told } = await react({ leftMs: -1, owed: destroyOwed });
  expect(told).toMatchObject([{ type: "step-succeeded", result: { step: "destroy" } }]);
});

test("a disk that may have moved on is asked, however late: the log must know on which layer it stands", async () => {
  const { told } = await react({ leftMs: -1, owed: freezeOwed });
  expect(told).toMatchObject([{ type: "step-succeeded", result: { step: "freeze" } }]);
});

test("a success that cannot be recorded is not turned into a failure", async () => {
  const { told } = await react({ refuse: storage });
  expect(told.map(({ type }) => type)).toEqual(["step-succeeded"]);
});

test("a guest that is waited for, and is cut off meanwhile, is waited for no longer", async () => {
  const clock = createSimulatedClock();
  const deadline = new Date(clock.now().getTime() + 60_000).toISOString();
  const started: Events = [...stopped, ...bootOwed(deadline), facts.booted("op-2")];
  let world = worldOf(started);
  const told: Command[] = [];
  const waiting = Promise.withResolvers<AbortSignal>();
  const reachable: Effect = (_, __, signal) => {
    waiting.resolve(signal);
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const dispatcher = {
    world: () => world,
    dispatch: async (command: Command) => {
      told.push(command);
      world.pending.clear();
      return [];
    },
    read: async <Result>(compute: (world: World) => Result) => compute(world),
  };
  const reactor = createReactor({
    dispatcher: dispatcher as unknown as Dispatcher,
    effects: { reachable } as unknown as Effects,
    clock,
    ids: { next: () => "c", bytes: (length) => new Uint8Array(length) },
    isWritable: () => true,
    failed: () => {},
    say: () => {},
    report: () => {},
  });
  reactor.react();
  const signal = await waiting.promise;
  world = worldOf([...started, { type: "instance.network-detached", data: { number: 3, deadline } }]);
  reactor.react();
  expect(signal.aborted).toBe(true);
  for (let turn = 0; turn < 50; turn++) await undefined;
  expect(told).toEqual([{ type: "conclude", id: "i-1", operation: "op-2" }]);
});
