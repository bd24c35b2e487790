/** Points that nobody asked for: the daemon makes those that are owed, of disks that have changed, and commands wait for them. */
import { expect, test } from "bun:test";
import { createAutoPoints } from "../../src/daemon/auto-points.ts";
import type { Asked } from "../../src/daemon/dispatch.ts";
import { untilFree } from "../../src/daemon/until-free.ts";
import type { Command } from "../../src/events/decide.ts";
import { evolveWorld, type World } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { microtasks } from "../simulation/microtasks.ts";
import { type Fact, facts, recordOf, running, second, stopped, worldOf } from "../spec.ts";

const hourMs = 3_600_000;
/** The simulated clock begins when the facts do. */
const after = (ms: number) => {
  const clock = createSimulatedClock();
  clock.jump(ms);
  return clock;
};

function daemonOf(world: World, clock = after(hourMs * 2)) {
  const told: { command: Command; asked: Asked }[] = [];
  const looked: string[] = [];
  const reports: string[] = [];
  const is = {
    written: async (): Promise<boolean> => true,
    refusal: undefined as Error | undefined,
    freeBytes: 2 ** 33,
  };
  const points = createAutoPoints({
    dispatcher: {
      world: () => world,
      dispatch: async (command: Command, asked: Asked) => {
        told.push({ command, asked });
        if (is.refusal) throw is.refusal;
        return [];
      },
    } as never,
    directory: "/data",
    files: { space: async () => ({ freeBytes: is.freeBytes, totalBytes: 2 ** 33 }) },
    driver: { snapshots: { isWritten: (layer: string) => (looked.push(layer), is.written()) } } as never,
    clock,
    ids: { next: () => "id", bytes: () => new Uint8Array() },
    report: (line) => reports.push(line),
  });
  return { points, told, looked, reports, is };
}

const setTo = (key: string, value: string) => (world: World) => {
  const data = { number: 9, key, value, before: "" };
  const event = { type: "settings.changed", version: 1, stream: "settings/daemon", data };
  evolveWorld(world, recordOf(event, world.position + 1, { operation: "op-s" }));
  return world;
};

test("an hour after the start of a guest whose disk changes its point is an operation of the daemon's own, with its reason", async () => {
  const { points, told } = daemonOf(worldOf(running));
  await points.make();
  expect(told).toMatchObject([
    {
      command: { type: "snapshot", id: "i-1", wanted: { kind: "auto" } },
      asked: { by: { kind: "daemon" }, reason: "hourly, while its disk changes" },
    },
  ]);
});

test("a disk that has not changed is looked at, each time again, and that is all", async () => {
  const { points, told, looked, is } = daemonOf(worldOf(running));
  is.written = async () => false;
  await points.make();
  await points.make();
  expect([told, looked]).toEqual([[], ["l-1", "l-1"]]);
});

test("one that was tried is not tried again within the hour, whatever came of it", async () => {
  const clock = after(hourMs * 2);
  const { points, told, reports, is } = daemonOf(worldOf(running), clock);
  is.refusal = new Error("no space");
  await points.make();
  await points.make();
  expect([told.length, reports]).toEqual([1, ["automatic point of web: no space"]]);
  clock.after(hourMs, () => {});
  clock.step();
  await points.make();
  expect(told.length).toBe(2);
});

test("none is made while less than 1 GiB is free", async () => {
  const { points, told, looked, is } = daemonOf(worldOf(running));
  is.freeBytes = 2 ** 30 - 1;
  await points.make();
  expect([told, looked]).toEqual([[], []]);
  is.freeBytes = 2 ** 30;
  await points.make();
  expect(told.length).toBe(1);
});

test("a guest that shut itself down gets its point at once", async () => {
  const { points, told } = daemonOf(worldOf([...running, facts.stopped("guest")]), after(60_000));
  await points.make();
  expect(told).toMatchObject([{ asked: { reason: "its guest shut itself down" } }]);
});

test("a command that came while the disk was looked at goes first", async () => {
  const world = worldOf(running);
  const { points, told, is } = daemonOf(world);
  is.written = async () => {
    const { type, data, operation } = facts.stopRequested;
    evolveWorld(world, recordOf({ type, version: 1, stream: "instance/i-1", data }, world.position + 1, { operation }));
    return true;
  };
  await points.make();
  expect(told).toEqual([]);
});

test("switched off, none is made; of a disk on very many layers neither", async () => {
  const off = daemonOf(setTo("auto-points", "off")(worldOf(running)));
  await off.points.make();
  const chain = Array.from({ length: 127 }, (_, index): Fact => {
    const [layer, next] = [`l-${index + 1}`, `l-${index + 2}`];
    const named = { id: `p-${index}`, name: `s${index}`, kind: "snapshot" };
    return { type: "instance.point-made", data: { ...named, layer, next, bytes: 1, consistency: "off" } };
  });
  const deep = daemonOf(worldOf([...running, ...chain]), after(hourMs * 30));
  await deep.points.make();
  expect([off.looked, off.told, deep.looked, deep.told]).toEqual([[], [], [], []]);
  const shallow = daemonOf(worldOf([...running, ...chain.slice(1)]), after(hourMs * 30));
  await shallow.points.make();
  expect(shallow.told.length).toBe(1);
});

test("what is too old, or too much together, is removed, with the reason", async () => {
  const made = [1, 2, 3].map((index): Fact => {
    const named = { id: `p-${index}`, name: `auto${index}`, kind: "auto", bytes: 2 ** 20 };
    return {
      type: "instance.point-made",
      data: { ...named, layer: `l-${index}`, next: `l-${index + 1}`, consistency: "off" },
    };
  });
  const world = worldOf([...running, ...made]);
  const dayLater = daemonOf(world, after(hourMs * 25));
  await dayLater.points.thin();
  const removal = (point: string, why: string) => ({ command: { type: "remove-point", id: "i-1", point, why } });
  expect(dayLater.told).toMatchObject([removal("p-1", "thinned"), removal("p-2", "thinned")]);
  const small = daemonOf(
    setTo("auto-points.limit", "1M")(worldOf([...stopped, ...made.slice(0, 2)])),
    after(hourMs * 2),
  );
  await small.points.thin();
  expect(small.told).toMatchObject([removal("p-1", "thinned")]);
});

/** A world in which an automatic point is under way, and a log that tells of its end. */
function making(kind: "auto" | "snapshot") {
  const wanted = { id: "p", name: "p", kind, next: "l-2" };
  const requested: Fact = {
    type: "instance.snapshot-requested",
    operation: "op-5",
    data: { number: 5, deadline: second(59), wanted },
  };
  const world = worldOf([...running, requested]);
  const clock = createSimulatedClock();
  const listeners = new Set<() => void>();
  const log = { subscribe: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)) };
  const waiting = untilFree({ dispatcher: { world: () => world }, log: log as never, clock }, "i-1");
  const end = () => {
    const data = { ...wanted, layer: "l-1", bytes: 1, consistency: "off" };
    const event = { type: "instance.point-made", version: 1, stream: "instance/i-1", data };
    evolveWorld(world, recordOf(event, world.position + 1, { operation: "op-5" }));
    for (const listener of listeners) listener();
  };
  return { waiting, end, clock, listeners };
}

test("a command waits for an automatic point that is under way, as long as that takes", async () => {
  const { waiting, end, listeners, clock } = making("auto");
  let isFree = false;
  void waiting?.then(() => (isFree = true));
  await microtasks(20);
  expect(isFree).toBe(false);
  end();
  await waiting;
  expect([listeners.size, clock.step()]).toEqual([0, false]);
});

test("but not for ever, and not for what somebody asked for", async () => {
  const late = making("auto");
  late.clock.step();
  await late.waiting;
  expect(late.clock.elapsedMs()).toBe(30_000);
  expect(making("snapshot").waiting).toBeUndefined();
});
