/** The host's networks as the log wants them: the plan, one backend's part, refused attempts, links and leases. */
import { describe, expect, test } from "bun:test";
import { createSide } from "../../src/daemon/networks/side.ts";
import { gatherRefusals, type RefusedBatch } from "../../src/daemon/networks/refusals.ts";
import { setLinks } from "../../src/daemon/networks/links.ts";
import { readLeases } from "../../src/daemon/networks/leases.ts";
import { planNetworks } from "../../src/daemon/networks/plan.ts";
import { wiringOf } from "../../src/daemon/networks/wiring.ts";
import { UserError } from "../../src/errors.ts";
import type { NetworkWanted } from "../../src/networks/network.ts";
import { evolveWorld, type World } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, recordOf, running, stopped, worldOf } from "../spec.ts";

const forever = new AbortController().signal;
const lab: Fact = {
  type: "network.created",
  data: { number: 1, name: "lab", kind: "isolated", subnet: "10.79.0.0/24" },
};

function worldWith(network: object, ...then: readonly Fact[]): World {
  const world = worldOf([
    { ...facts.launchRequested, data: { ...facts.launchRequested.data, ...network } },
    ...running.slice(1),
    ...then,
  ]);
  evolveWorld(world, recordOf({ type: lab.type, version: 1, stream: "network/lab", data: lab.data ?? {} }, 50));
  return world;
}

const inLab = { address: "10.79.0.2", network: { name: "lab", attachment: "user", subnet: "10.79.0.0/24" } };
const onBridge = { address: "10.80.0.2", network: { name: "default", attachment: "bridge", subnet: "10.80.0.0/16" } };
const nothing = { networks: [], ports: [] };

describe("the plan", () => {
  const port = {
    instance: "i-1",
    name: "web",
    mac: "52:54:00:00:00:01",
    egress: "all",
    isUp: true,
    served: [{ protocol: "tcp", port: 22 }],
  };
  const standard = { name: "default", kind: "nat", subnet: "10.77.0.0/16" };
  const detached: Fact = { type: "instance.network-detached", operation: "op-8", data: { number: 8, deadline: "" } };
  const only: Fact = {
    type: "instance.configured",
    operation: "op-8",
    data: { number: 8, deadline: "", key: "allow-net", value: "a.org,10.0.0.0/8", before: "all" },
  };
  test.each([
    ["nothing without instances", worldOf([]), "user", nothing],
    ["nothing of one that is off", worldOf(stopped), "user", nothing],
    [
      "a port for one that runs",
      worldOf(running),
      "user",
      { networks: [standard], ports: [{ ...port, network: "default", address: "10.77.0.2" }] },
    ],
    [
      "one for the next step that is a boot",
      worldOf([...stopped, facts.startRequested]),
      "user",
      { networks: [standard], ports: [{ ...port, network: "default", address: "10.77.0.2" }] },
    ],
    ["nothing yet for one whose image is still to come", worldOf([facts.launchRequested]), "user", nothing],
    [
      "the network that it is in",
      worldWith(inLab),
      "user",
      {
        networks: [{ name: "lab", kind: "isolated", subnet: "10.79.0.0/24" }],
        ports: [{ ...port, network: "lab", address: "10.79.0.2" }],
      },
    ],
    ["none of the other kind", worldWith(onBridge), "user", nothing],
    [
      "and each kind its own",
      worldWith(onBridge),
      "bridge",
      { networks: [standard], ports: [{ ...port, network: "default", address: "10.80.0.2" }] },
    ],
    [
      "a detached one down",
      worldOf([...running, detached]),
      "user",
      { networks: [standard], ports: [{ ...port, network: "default", address: "10.77.0.2", isUp: false }] },
    ],
    [
      "whom it may speak to",
      worldOf([...running, only]),
      "user",
      {
        networks: [standard],
        ports: [{ ...port, network: "default", address: "10.77.0.2", egress: { hosts: ["a.org", "10.0.0.0/8"] } }],
      },
    ],
  ] as const)("has %s", (_what, world, attachment, wanted) => {
    expect(planNetworks(world, attachment)).toEqual(wanted as unknown as NetworkWanted);
  });
  test("has further cards with the bridges, whatever the own network is, and the accounts of machines", () => {
    const card = { network: "eth1", mac: "52:54:00:00:00:09", mode: "auto" };
    const world = worldWith({ interfaces: [card] });
    const bridged = { instance: "i-1", card: 1, mac: card.mac, interface: "eth1", isUp: true, owner: 7 };
    expect(planNetworks(world, "bridge", () => 7)).toEqual({ networks: [], ports: [], bridged: [bridged] });
    expect(planNetworks(world, "user", () => 7).bridged).toBeUndefined();
    expect(planNetworks(world, "user", () => 7).ports[0]?.owner).toBe(7);
  });
  test("has the subnet of the bridge, once that is on record", () => {
    const world = worldWith(onBridge);
    const data = { number: 2, name: "default", kind: "nat", subnet: "10.80.0.0/16" };
    evolveWorld(world, recordOf({ type: "network.created", version: 1, stream: "network/default", data }, 60));
    expect(planNetworks(world, "bridge").networks[0]?.subnet).toBe("10.80.0.0/16");
    expect(planNetworks(worldWith({}), "user").networks[0]?.subnet).toBe("10.77.0.0/16");
  });
});

test("a machine is told the network that it is in, and waits behind a wall for its switch", () => {
  const state = (network: object) => worldWith(network).instances.get("i-1") ?? expect.unreachable();
  expect(wiringOf(state({}), true)).toEqual({ isWalled: true });
  expect(wiringOf(state(inLab), false)).toEqual({
    net: { subnet: "10.79.0.0/24", gateway: "10.79.0.254", dns: "10.79.0.253" },
  });
  const tapOf = (_instance: string, card: number) => `tap${card}`;
  const interfaces = [{ network: "eth1", mac: "52:54:00:00:00:09", mode: "auto" }];
  expect(wiringOf(state({ ...onBridge, interfaces }), true, tapOf)).toEqual({
    tap: "tap0",
    cards: [{ mac: "52:54:00:00:00:09", tap: "tap1" }],
  });
});

describe("a backend", () => {
  function bed() {
    const clock = createSimulatedClock();
    const seen: NetworkWanted[] = [];
    const lines: string[] = [];
    const state = { key: "a", failure: undefined as UserError | undefined, applied: 0 };
    const side = createSide({
      clock,
      report: (line) => void lines.push(line),
      applied: () => state.applied++,
      plan: () => ({
        wanted: { networks: [{ name: state.key, kind: "nat", subnet: "10.77.0.0/16" }], ports: [] },
        key: state.key,
      }),
      backend: {
        async apply(wanted) {
          seen.push(wanted);
          if (state.failure) throw state.failure;
        },
        watch: () => () => {},
        close: async () => {},
      },
    });
    return { clock, seen, lines, state, side };
  }
  test("gets what is wanted, when that changes and from time to time", async () => {
    const { clock, seen, side, state } = bed();
    await side.settled(forever);
    side.react();
    await Bun.sleep(0);
    expect(seen.length).toBe(1);
    state.key = "b";
    await side.settled(forever);
    expect(seen.at(-1)?.networks[0]?.name).toBe("b");
    clock.step();
    await side.settled(forever);
    expect([seen.length, state.applied]).toEqual([3, 3]);
    await side.close();
  });
  test("that fails is told of once, tried again, and fails whoever waits", async () => {
    const { clock, lines, side, state } = bed();
    state.failure = new UserError("subnet-taken", "a route of the host leads there");
    expect(await side.settled(forever).catch((error: UserError) => error.code)).toBe("subnet-taken");
    expect(await side.settled(forever).catch((error: UserError) => error.code)).toBe("subnet-taken");
    expect(lines).toEqual(["network: a route of the host leads there"]);
    expect(side.problem()).toMatchObject({ code: "subnet-taken" });
    state.failure = undefined;
    clock.step();
    await side.settled(forever);
    expect(side.problem()).toBeUndefined();
    await side.close();
  });
});

describe("refused attempts", () => {
  const refusal = (destination: string, count = 1) => ({
    instance: "i-1",
    destination,
    protocol: "tcp" as const,
    port: 443,
    count,
  });
  test("are told soon, then at most once a minute, with at most sixteen destinations", async () => {
    const clock = createSimulatedClock();
    const told: RefusedBatch[] = [];
    const gatherer = gatherRefusals(
      clock,
      (id) => id === "i-1",
      (_id, batch) => void told.push(batch),
    );
    gatherer.add([refusal("192.0.2.1"), refusal("192.0.2.1", 2), { ...refusal("192.0.2.2"), instance: "gone" }]);
    clock.step();
    expect(told).toEqual([{ attempts: [{ destination: "192.0.2.1", protocol: "tcp", port: 443, count: 3 }] }]);
    gatherer.add(Array.from({ length: 20 }, (_, index) => refusal(`192.0.2.${index}`)));
    const before = clock.monotonicMs();
    clock.step();
    expect(clock.monotonicMs() - before).toBe(60_000);
    expect(told[1]?.attempts.length).toBe(16);
    expect(told[1]?.others).toBe(4);
    gatherer.close();
  });
});

describe("a link", () => {
  test("follows the log, in each run of a machine", async () => {
    const world = worldOf(running);
    const set: string[] = [];
    const linked: string[] = [];
    const clock = createSimulatedClock();
    let isBroken = false;
    const setLink = async (id: string, isUp: boolean) => {
      if (isBroken) throw new Error("no answer");
      set.push(`${id} ${isUp ? "up" : "down"}`);
    };
    const links = setLinks({
      dispatcher: { world: () => world },
      driver: { setLink },
      clock,
      linked: (id) => void linked.push(id),
      report: () => {},
    });
    const settle = async (type?: string, data: object = { number: 8, deadline: "" }) => {
      if (type !== undefined)
        evolveWorld(
          world,
          recordOf({ type, version: 1, stream: "instance/i-1", data: { ...data } }, world.position + 1),
        );
      links.react();
      await Bun.sleep(0);
    };
    await settle();
    await settle("instance.network-detached");
    await settle();
    isBroken = true;
    await settle("instance.network-attached");
    isBroken = false;
    clock.step();
    clock.step();
    await Bun.sleep(0);
    await settle("instance.stopped", { cause: "user" });
    await settle("instance.booted", facts.booted().data);
    expect(set).toEqual(["i-1 up", "i-1 down", "i-1 up", "i-1 up"]);
    expect(linked.length).toBe(3);
    links.close();
  });
});

test("leases say who had an address when, those that are gone among them", async () => {
  const begun = facts.launchRequested.data;
  const records = [
    recordOf({ type: "instance.launch-requested", version: 1, stream: "instance/i-1", data: begun }, 1),
    recordOf({ type: "instance.renamed", version: 1, stream: "instance/i-1", data: { name: "shop" } }, 2),
    recordOf({ type: "instance.purged", version: 1, stream: "instance/i-1", data: {} }, 3),
    recordOf(
      { type: "instance.launch-requested", version: 1, stream: "instance/i-2", data: { ...begun, name: "db" } },
      4,
    ),
    recordOf(
      {
        type: "instance.launch-requested",
        version: 1,
        stream: "instance/i-3",
        data: { ...begun, name: "x", address: "10.77.0.9" },
      },
      5,
    ),
    recordOf({ type: "instance.launch-failed", version: 1, stream: "instance/i-3", data: { kept: false } }, 6),
  ];
  const log = {
    durable: () => 6,
    async *read() {
      yield* records;
    },
  };
  const rows = await readLeases(log, "10.77.0.2");
  expect(rows.map(({ instance, until }) => [instance, until !== undefined])).toEqual([
    ["db", false],
    ["shop", true],
  ]);
  expect((await readLeases(log)).map(({ instance }) => instance)).toEqual(["x", "db", "shop"]);
});
