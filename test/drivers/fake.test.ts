import { describe, expect, test } from "bun:test";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { createFakeWorld } from "../../src/drivers/fake-world.ts";
import type { FakeFault, FakeWorld } from "../../src/drivers/fake-world.ts";
import type { Happening } from "../../src/drivers/driver.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { describeDriver } from "./contract.ts";
import type { Bench } from "./contract.ts";
import { describeForwards } from "./contract-forwards.ts";
import { describeMounts } from "./contract-mounts.ts";
import { describeMerge } from "./contract-merge.ts";
import { describeTake } from "./contract-take.ts";
import { describeLinks } from "./contract-links.ts";
import { describeMetrics } from "./contract-metrics.ts";
import { describeSnapshots } from "./contract-snapshots.ts";

const id = "0198f2a0-0000-7000-8000-00c0ffee0001";
const otherId = "0198f2a0-0000-7000-8000-00c0ffee0002";
const specs = { cpus: 1, memory: 2 ** 28, disk: 2 ** 31 };
const base = { path: "/image", format: "qcow2", sha256: "a".repeat(64) } as const;
const create = { layer: "l1", base, specs, ordinal: 1 };
const start = {
  layer: "l1",
  specs,
  ordinal: 1,
  mac: "52:54:00:00:00:01",
  address: "10.77.0.2",
  seed: new Uint8Array(),
};
const hardware = { driver: "fake", machine: "fake-1.0" };

const createBench = async (): Promise<Bench> =>
  benchOn(createFakeWorld({ clock: systemClock, guest: { powerOffMs: 1 } }));

function benchOn(world: FakeWorld): Bench {
  return {
    id,
    create,
    start,
    open: () => createFakeDriver(world),
    reachable: async () => {},
    crash: async () => world.end(id, "crash"),
    guestPowersOff: async () => world.end(id, "guest"),
    guestResets: async () => world.reset(id),
    boots: async () => world.machines.get(id)?.starts ?? 0,
    hand: (whose) => ({
      write: async (text) => world.write(whose, text),
      read: async () => world.read(whose),
      run: async (name) => world.run(whose, name),
      runs: async (name) => world.machines.get(whose)?.programs.includes(name) ?? false,
    }),
    identity: () => ({ before: "", after: "" }),
    other: { id: otherId, ordinal: 2, mac: "52:54:00:00:00:02", address: "10.77.0.3" },
    serve: async () => {},
    lose: (layer) => void world.layers.delete(layer),
    leftovers: async () => [...world.machines.keys(), ...world.layers.keys(), ...world.memories.keys()],
    close: async () => {},
  };
}

describeDriver("fake", createBench);
describeSnapshots("fake", createBench);
describeForwards("fake", async () => {
  const world = createFakeWorld({ clock: systemClock, guest: { powerOffMs: 1 } });
  const machines = () => [...world.machines.values()].filter(({ power }) => power === "running");
  return {
    ...benchOn(world),
    freePort: async () => world.nextPort++,
    take: async (port) => {
      world.takenPorts.add(port);
      return async () => void world.takenPorts.delete(port);
    },
    opens: async (port) =>
      machines().some((each) => each.port === port || each.forwards?.some(({ host }) => host === port)),
  };
});
describeLinks("fake", createBench);
describeMerge("fake", createBench);
describeMetrics("fake", createBench);
describeMounts("fake", createBench);
describeTake("fake", async () => {
  const world = createFakeWorld({ clock: systemClock });
  const numbered = (content: string) => [...content].map((letter, at) => `${at}${letter}`);
  /** The newest letter of each block. */
  const textOf = (data: readonly string[]) => {
    const blocks = new Map(data.map((each) => [Number(each.slice(0, -1)), each.slice(-1)]));
    return [...blocks]
      .sort(([a], [b]) => a - b)
      .map(([, letter]) => letter)
      .join("");
  };
  const dataOf = (path: string) => {
    const found = world.images.get(path);
    return found === undefined || found === "invalid" ? [] : (found.data ?? []);
  };
  let serial = 0;
  return {
    driver: createFakeDriver(world),
    async image(snapshots, now) {
      const path = `/foreign-${++serial}`;
      const inside = Object.fromEntries(snapshots.map(([tag, content]) => [tag, numbered(content)]));
      world.images.set(path, { format: "qcow2", virtualSize: 2 ** 30, data: numbered(now), snapshots: inside });
      return path;
    },
    target: () => `/image-${++serial}`,
    readImage: async (path) => textOf(dataOf(path)),
    read: async (layer, base) => textOf([...dataOf(base.path), ...world.through(layer)]),
    files: () => [...world.layers.keys()].sort(),
    close: async () => {},
  };
});

describe("scripted faults meet exactly the call they name", () => {
  const never = new AbortController().signal;
  const bench = (...faults: FakeFault[]) => {
    let deaths = 0;
    const clock = createSimulatedClock();
    const world = createFakeWorld({ clock, faults, onDeath: () => void deaths++ });
    return { world, clock, driver: createFakeDriver(world), deaths: () => deaths };
  };

  test("the second create fails, the first and the third do not", async () => {
    const { driver } = bench({ call: "create", nth: 2, fault: "fail", error: new Error("full") });
    await driver.create(id, create, never);
    await expect(driver.create(id, create, never)).rejects.toThrow("full");
    await driver.create(id, create, never);
  });

  test("a call that hangs ends with its signal only", async () => {
    const { driver } = bench({ call: "check", nth: 1, fault: "hang" });
    const controller = new AbortController();
    const hanging = driver.check(controller.signal);
    controller.abort(new Error("enough"));
    await expect(hanging).rejects.toThrow("enough");
  });

  for (const [fault, power] of [
    ["die-before", "off"],
    ["die-after", "running"],
  ] as const)
    test(`a daemon that meets ${fault} at a start leaves the machine ${power}, and the next one finds it so`, async () => {
      const { world, driver, deaths } = bench({ call: "start", nth: 1, fault });
      await driver.create(id, create, never);
      let isSettled = false;
      void driver.start(id, { ...start, hardware }, never).finally(() => (isSettled = true));
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      await driver.close();
      expect([deaths(), isSettled]).toEqual([1, false]);
      expect(await createFakeDriver(world).inspect(id)).toMatchObject({ power });
    });

  for (const [fault, top] of [
    ["die-before", "l1"],
    ["die-after", "l2"],
  ] as const)
    test(`a daemon that meets ${fault} at a freeze leaves the disk on ${top}, and the same call ends on the new layer`, async () => {
      const { world, driver } = bench({ call: "freeze", nth: 1, fault });
      await driver.create(id, create, never);
      await driver.start(id, { ...start, hardware }, never);
      world.write(id, "one");
      const plan = { layer: "l1", next: "l2", bytes: 2 ** 31, ordinal: 1, memory: "m1" };
      void driver.snapshots.freeze(id, plan, never);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      expect(world.machines.get(id)?.top).toBe(top);
      const frozen = await createFakeDriver(world).snapshots.freeze(id, plan, never);
      expect([frozen.consistency, frozen.kept?.memory, world.machines.get(id)?.top]).toEqual(["memory", "m1", "l2"]);
      world.write(id, "two");
      expect([world.read(id), world.layers.get("l1")?.data]).toEqual([["one", "two"], ["one"]]);
    });

  test("a guest that lives for a minute powers itself off then, and a restarted one lives a minute more", async () => {
    const clock = createSimulatedClock();
    const world = createFakeWorld({ clock, guest: { powerOffMs: 1, livesMs: 60_000 } });
    const driver = createFakeDriver(world);
    const heard: Happening[] = [];
    driver.watch((_, happening) => heard.push(happening));
    await driver.create(id, create, never);
    await driver.start(id, { ...start, hardware }, never);
    clock.step();
    expect([clock.elapsedMs(), heard]).toEqual([60_000, [{ kind: "ended", cause: "guest" }]]);
  });

  test("a reboot of the host switches everything off and tells nobody", async () => {
    const { world, driver } = bench();
    const heard: Happening[] = [];
    driver.watch((_, happening) => heard.push(happening));
    await driver.create(id, create, never);
    await driver.start(id, { ...start, hardware }, never);
    world.rebootHost();
    expect(await driver.inspect(id)).toEqual({ power: "off", cause: "host" });
    expect(heard).toEqual([]);
  });
});
