/** The daemon ends what was made for a time: at its time, when it stops, after its own restart, and again where that failed. */
import { expect, test } from "bun:test";
import type { Asked } from "../../src/daemon/dispatch.ts";
import { keepLifetimes } from "../../src/daemon/lifetimes.ts";
import type { Command } from "../../src/events/decide.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { evolveWorld } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, recordOf, running, second, worldOf } from "../spec.ts";

const launchedWith = (more: Record<string, unknown>): readonly Fact[] => [
  { ...facts.launchRequested, data: { ...facts.launchRequested.data, ...more } },
  ...running.slice(1),
];
/** By the simulated clock, which begins at second 0. */
const atSecond = (seconds: number) => ({ endsAt: second(seconds) });

function lifeOf(given: readonly Fact[]) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const told: { atMs: number; type: string; reason: string | undefined; actor: string }[] = [];
  const listeners = new Set<(records: readonly Recorded[]) => void>();
  const reports: string[] = [];
  let isWritable = true;
  let failure: Error | undefined;
  const dispatch = async (command: Command, { reason, by }: Asked) => {
    told.push({ atMs: clock.elapsedMs(), type: command.type, reason, actor: by.id });
    if (failure) throw failure;
    return [];
  };
  const stop = keepLifetimes({
    directory: "/data",
    files: { space: async () => ({ freeBytes: 0, totalBytes: 0 }) },
    dispatcher: { world: () => world, dispatch } as never,
    log: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    clock,
    ids: { next: () => "id", bytes: () => new Uint8Array() },
    isWritable: () => isWritable,
    react: () => {},
    report: (line) => reports.push(line),
  });
  return {
    clock,
    told,
    reports,
    stop,
    lock: () => (isWritable = false),
    break: (error: Error) => (failure = error),
    happens({ type, data = {}, operation }: Fact) {
      const event = { type, version: 1, stream: "instance/i-1", data };
      const record = recordOf(event, world.position + 1, operation === undefined ? {} : { operation });
      evolveWorld(world, record);
      for (const listener of listeners) listener([record]);
    },
  };
}

test("at its time it goes to the trash, by the daemon, which says why", () => {
  const { clock, told } = lifeOf(launchedWith(atSecond(40)));
  expect(told).toEqual([]);
  clock.step();
  expect(told).toEqual([{ atMs: 40_000, type: "delete", reason: "its time was over", actor: "daemon" }]);
});

test("what was over while no daemon lived is done at its start", () => {
  expect(lifeOf(launchedWith(atSecond(0))).told).toHaveLength(1);
});

test("a clock that is set meanwhile is noticed within a minute", () => {
  const { clock, told } = lifeOf(launchedWith({ endsAt: new Date(Date.parse(second(0)) + 86_400_000).toISOString() }));
  clock.step();
  expect([clock.elapsedMs(), told]).toEqual([60_000, []]);
  clock.jump(86_400_000);
  clock.step();
  expect(told).toMatchObject([{ atMs: 120_000 }]);
});

test("one that is busy at its time goes when it is done, and nobody waits in circles", () => {
  const { clock, told, happens } = lifeOf([...launchedWith(atSecond(40)), facts.stopRequested]);
  clock.step();
  expect([told, clock.step()]).toEqual([[], false]);
  happens(facts.stopped("user", "op-2"));
  expect(told).toMatchObject([{ type: "delete" }]);
});

test("an ephemeral one goes for good as soon as it is off", () => {
  const { clock, told, happens } = lifeOf(launchedWith({ ephemeral: true }));
  expect(clock.step()).toBe(false);
  happens(facts.stopped("crash"));
  expect(told).toMatchObject([{ type: "purge", reason: "it was made to go when it stops" }]);
});

test("an end that failed is tried again ten minutes later, and not before", async () => {
  const { clock, told, reports, break: fail } = lifeOf(launchedWith(atSecond(40)));
  fail(new Error("the disk is full"));
  while (told.length < 2 && clock.step());
  expect(told.map(({ atMs }) => atMs)).toEqual([40_000, 640_000]);
  // A rejection is heard a turn later.
  await Bun.sleep(0);
  expect(reports).toEqual(["end of web: the disk is full", "end of web: the disk is full"]);
});

test("a log that takes no more ends nothing", () => {
  const { clock, told, lock } = lifeOf(launchedWith(atSecond(40)));
  lock();
  while (clock.step());
  expect(told).toEqual([]);
});

test("a daemon that ends leaves no timer behind", () => {
  const { clock, stop } = lifeOf(launchedWith(atSecond(40)));
  stop();
  expect(clock.step()).toBe(false);
});

const later = (seconds: number): Fact => ({
  type: "instance.stop-scheduled",
  operation: "op-5",
  data: { number: 5, deadline: "", at: second(seconds), inMs: 1 },
});

test("a stop that was asked for comes at its time, and one that is asked for anew as well", async () => {
  const { clock, told, happens } = lifeOf([...running, later(40)]);
  clock.step();
  await Bun.sleep(0);
  expect(told).toEqual([{ atMs: 40_000, type: "stop", reason: "its time to stop had come", actor: "daemon" }]);
  happens(later(50));
  while (told.length < 2 && clock.step()) await Bun.sleep(0);
  expect(told[1]).toMatchObject({ atMs: 50_000, type: "stop" });
});

test("a stop that was due while no daemon lived comes at its start", async () => {
  const { told } = lifeOf([...running, later(0)]);
  await Bun.sleep(0);
  expect(told).toMatchObject([{ atMs: 0, type: "stop" }]);
});

test("a stop that is called off in the last moment does not come", async () => {
  const { clock, told, happens } = lifeOf([...running, later(40)]);
  clock.step();
  happens({
    type: "instance.stop-unscheduled",
    operation: "op-6",
    data: { number: 6, deadline: "", at: "", why: "asked" },
  });
  await Bun.sleep(0);
  expect(told).toEqual([]);
});
