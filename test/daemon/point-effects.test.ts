/** Where a disk stands only its driver knows: what was given up is asked for again, until there is an answer. */
import { expect, test } from "bun:test";
import { createPointEffects } from "../../src/daemon/point-effects.ts";
import type { FreezePlan, Frozen } from "../../src/drivers/driver.ts";
import { UserError } from "../../src/errors.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { running, second, worldOf } from "../spec.ts";

const frozen: Frozen = { bytes: 7, consistency: "crash" };
const wanted = { id: "p-1", kind: "snapshot", name: "good", next: "l-9" };
const world = worldOf([
  ...running,
  { type: "instance.snapshot-requested", operation: "op-6", data: { number: 6, deadline: second(59), wanted } },
]);

/** The freeze of an operation under way, by a driver that meets each call in its own way. */
async function freeze(answers: ((signal: AbortSignal) => Promise<Frozen>)[], reason?: unknown) {
  const plans: FreezePlan[] = [];
  const never = () => Promise.reject(new Error("bug: nobody asked for that"));
  const snapshots = {
    freeze: (_id: string, plan: FreezePlan, signal: AbortSignal) => {
      plans.push(plan);
      return (answers.shift() ?? never)(signal);
    },
    check: never,
    isWritten: never,
    rewind: never,
    merge: never,
    take: never,
    empty: never,
    discard: never,
  };
  const clock = createSimulatedClock();
  const stopped: string[] = [];
  const stop = async (id: string, how: string) => void stopped.push(`${id} ${how}`);
  const effects = createPointEffects({ driver: { snapshots, stop }, clock, mounts: { release: async () => {} } });
  const [instance] = world.instances.values();
  const operation = instance?.pending;
  if (!instance || !operation) throw new Error("bug: nothing is under way");
  const controller = new AbortController();
  if (reason !== undefined) controller.abort(reason);
  const done = effects.freeze(instance, operation, controller.signal, () => {});
  let isDone = false;
  const result = done.catch((error: unknown) => error).finally(() => (isDone = true));
  while (!isDone) {
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
    if (!isDone) clock.step();
  }
  return { plans, stopped, clock, result: await result };
}

const fails = (error: unknown) => () => Promise.reject(error);
const answers = async () => frozen;
const step = { step: "freeze", frozen };

test.each([
  ["after a lost answer", new UserError("driver-timeout", "no answer")],
  ["when QEMU did not say", new UserError("freeze-unknown", "no word")],
])("%s it is asked again, for the same layer", async (_, error) => {
  const { plans, result } = await freeze([fails(error), answers]);
  expect(result).toEqual(step);
  expect(plans.map(({ next }) => next)).toEqual(["l-9", "l-9"]);
});

test("a machine that says nothing for ten minutes loses its power, and is asked once more", async () => {
  const silent = fails(new UserError("freeze-unknown", "no word"));
  const asked = 602;
  const all = [...Array.from({ length: asked }, () => silent), answers];
  const { plans, stopped, clock, result } = await freeze(all);
  expect(result).toEqual(step);
  expect(stopped).toEqual(["i-1 forced"]);
  expect(plans.length).toBe(asked + 1);
  expect(clock.elapsedMs()).toBe(600_000);
});

test("out of time it is still asked", async () => {
  const refuses = (signal: AbortSignal) => Promise.reject(signal.reason);
  expect((await freeze([refuses, answers], "timeout")).result).toEqual(step);
});

test("a daemon that ends leaves it to the next one", async () => {
  const refuses = (signal: AbortSignal) => Promise.reject(signal.reason);
  expect(await freeze([refuses], "closing")).toMatchObject({ result: "closing", plans: [{ next: "l-9" }] });
});

test("a plain no is a failure, at once", async () => {
  const no = new UserError("disk-missing", "it is gone");
  expect(await freeze([fails(no)])).toMatchObject({ result: no, plans: [{ next: "l-9" }] });
});
