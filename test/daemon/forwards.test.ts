/** Forwards are made true on machines that run, told of when they are lost, and looked at again; ports of root go by a helper. */
import { describe, expect, test } from "bun:test";
import type { Asked } from "../../src/daemon/dispatch.ts";
import { keepForwards } from "../../src/daemon/forwards/keeper.ts";
import { refusal, whyNot } from "../../src/daemon/forwards/ports.ts";
import type { Opened } from "../../src/drivers/forwards.ts";
import { type Command, decide } from "../../src/events/decide.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { evolveWorld } from "../../src/events/world.ts";
import type { Forward, HostPort } from "../../src/model/forward.ts";
import type { Relay } from "../../src/networks/forward/relay.ts";
import type { HostPorts } from "../../src/sys/host-ports.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, recordOf, running, stopped, worldOf } from "../spec.ts";

const web = { protocol: "tcp", bind: "127.0.0.1", host: 8080, guest: 80 } as const;
const added = (forward: Forward = web): Fact => ({
  type: "instance.forward-added",
  operation: "op-5",
  data: { number: 5, deadline: "", ...forward },
});
const removed = (forward: Forward = web): Fact => ({ ...added(forward), type: "instance.forward-removed" });

const hostPorts = (taken: ReadonlySet<number>): HostPorts => ({
  probe: async ({ host, bind }) =>
    bind === "192.0.2.1" ? "not-here" : taken.has(host) ? "taken" : host < 1024 ? "privileged" : "free",
  free: async () => 20_000,
  holder: ({ host }) => (host === 8081 ? { uid: 33 } : { uid: 0, program: { pid: 42, name: "nginx" } }),
  privilegedBelow: () => 1024,
});

/** A daemon with one instance; ports in `taken` are somebody else's. */
function lifeOf(given: readonly Fact[], isRoot = false) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const taken = new Set<number>();
  const applied: string[] = [];
  const told: string[] = [];
  const reports: string[] = [];
  const relays = new Map<string, readonly Relay[]>();
  const listeners = new Set<(records: readonly Recorded[]) => void>();
  let broken: Error | undefined;
  const record = (fact: Fact) => {
    const { type, data = {}, operation } = fact;
    const event = { type, version: 1, stream: "instance/i-1", data };
    const made = recordOf(event, world.position + 1, operation === undefined ? {} : { operation });
    evolveWorld(world, made);
    for (const listener of listeners) listener([made]);
  };
  const dispatch = async (command: Command, _asked: Asked) => {
    for (const { type, data } of decide(command, world)) {
      told.push(`${type.replace("instance.forward-", "")} ${String(data["reason"] ?? "")}`.trim());
      record({ type, data });
    }
    return [];
  };
  const keeper = keepForwards({
    dispatcher: { world: () => world, dispatch } as never,
    driver: {
      forwards: {
        apply: async (_id, { forwards }) => {
          if (broken) throw broken;
          applied.push(forwards.map(({ host, guest }) => `${host}:${guest}`).join(" "));
          return forwards.map(({ host }): Opened => (taken.has(host) ? { refused: "no" } : { port: host || 30_000 }));
        },
      },
    },
    ways: {
      isRoot,
      helper: {
        set: async (owner, wanted) => {
          if (wanted.length === 0) relays.delete(owner);
          else relays.set(owner, wanted);
          return wanted.map(({ host }) => (taken.has(host) ? "EADDRINUSE" : undefined));
        },
        keep: async (owners) => {
          for (const owner of relays.keys()) if (!owners.includes(owner)) relays.delete(owner);
        },
      },
    },
    log: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    clock,
    ids: { next: () => "id", bytes: () => new Uint8Array() },
    ports: hostPorts(taken),
    isWritable: () => true,
    report: (line) => reports.push(line),
  });
  const settled = () => keeper.settle("i-1");
  return {
    clock,
    taken,
    applied,
    told,
    reports,
    relays,
    record,
    keeper,
    settled,
    breakDriver: (error?: Error) => (broken = error),
  };
}

test("those of a machine that runs are made true at the daemon's start, also that there are none", async () => {
  const given = lifeOf([...running, added()]);
  await given.settled();
  expect(given.applied).toEqual(["8080:80"]);
  const none = lifeOf(running);
  await none.settled();
  expect(none.applied).toEqual([""]);
});

test("a machine that is off is left alone, and one that boots without any is not asked", async () => {
  const { applied, record, settled } = lifeOf(stopped);
  record(facts.booted());
  await settled();
  expect(applied).toEqual([]);
  record(added());
  await settled();
  record(removed());
  await settled();
  expect(applied).toEqual(["8080:80", ""]);
});

test("each start makes them true again", async () => {
  const { applied, record, settled } = lifeOf([...stopped, added()]);
  record(facts.booted());
  await settled();
  record(facts.stopped());
  record(facts.booted());
  await settled();
  expect(applied).toEqual(["8080:80", "8080:80"]);
});

test("a port that somebody has is told once with the holder, tried again soon, and told when it is back", async () => {
  const { taken, told, record, settled, clock, applied } = lifeOf(stopped);
  taken.add(8080);
  record(added());
  record(facts.booted());
  await settled();
  expect(told).toEqual(["failed port 8080/tcp is taken by nginx, pid 42"]);
  clock.step();
  await settled();
  await Bun.sleep(0);
  expect([told.length, clock.elapsedMs()]).toEqual([1, 5_000]);
  taken.clear();
  clock.step();
  for (let turns = 0; turns < 20 && told.length < 2; turns++) await Bun.sleep(0);
  expect(told[1]).toBe("restored");
  expect(applied.length).toBeGreaterThanOrEqual(3);
});

test("trouble of the driver is said once, not recorded, and tried again", async () => {
  const { told, reports, record, settled, clock, breakDriver, applied } = lifeOf(stopped);
  breakDriver(new Error("no answer"));
  record(added());
  record(facts.booted());
  await settled();
  clock.step();
  for (let turns = 0; turns < 20; turns++) await Bun.sleep(0);
  expect([told, reports]).toEqual([[], ["forwards of web: no answer"]]);
  breakDriver();
  clock.step();
  for (let turns = 0; turns < 20 && applied.length === 0; turns++) await Bun.sleep(0);
  expect(applied).toEqual(["8080:80"]);
});

test("trouble is said again when the machine has been off meanwhile", async () => {
  const { reports, record, settled, breakDriver } = lifeOf([...stopped, added()]);
  breakDriver(new Error("no answer"));
  record(facts.booted());
  await settled();
  record(facts.stopped());
  record(facts.booted());
  await settled();
  expect(reports).toEqual(["forwards of web: no answer", "forwards of web: no answer"]);
});

describe("a port of root", () => {
  const http = { ...web, host: 80 };
  test("goes by the helper where the daemon is root, to a port that the machine chooses", async () => {
    const { applied, relays, record, settled } = lifeOf([...running, added(http), added()], true);
    await settled();
    expect(applied).toEqual(["0:80 8080:80"]);
    expect(relays.get("i-1")).toEqual([
      { protocol: "tcp", bind: "127.0.0.1", host: 80, to: { host: "127.0.0.1", port: 30_000 } },
    ]);
    record(facts.stopped());
    expect(relays.size).toBe(0);
  });
  test("that somebody has is told with the holder", async () => {
    const life = lifeOf(stopped, true);
    life.taken.add(80);
    life.record(added(http));
    life.record(facts.booted());
    await life.settled();
    expect(life.told).toEqual(["failed port 80/tcp is taken by nginx, pid 42"]);
  });
});

test("on a bridge every port goes by the helper, to the guest's own address", async () => {
  const network = { name: "default", attachment: "bridge", subnet: "10.78.0.0/24" };
  const bridged = { ...facts.launchRequested, data: { ...facts.launchRequested.data, network, address: "10.78.0.2" } };
  const { applied, relays, settled } = lifeOf([bridged, ...running.slice(1), added()]);
  await settled();
  expect(applied).toEqual([]);
  expect(relays.get("i-1")).toEqual([
    { protocol: "tcp", bind: "127.0.0.1", host: 8080, to: { host: "10.78.0.2", port: 80 } },
  ]);
});

describe("why a port cannot be had", () => {
  const port = (more: Partial<HostPort>) => ({ ...web, ...more });
  const ports = hostPorts(new Set([8080, 8081]));
  test.each([
    [{ host: 9000 }, undefined],
    [{}, "port 8080/tcp is taken by nginx, pid 42"],
    [{ host: 8081 }, "port 8081/tcp is taken by a process of the user with the id 33"],
    [{ host: 80 }, "port 80/tcp is for root: below 1024 nobody else may open one"],
    [{ bind: "192.0.2.1" }, "this host has no address 192.0.2.1"],
  ])("%j", async (more, reason) => expect((await whyNot(ports, port(more)))?.reason).toBe(reason));
  test("comes with a port that would do", async () => {
    const failure = await whyNot(ports, port({ host: 80 }));
    expect(failure && refusal(failure, { ...web, host: 80 })).toMatchObject({
      code: "port-privileged",
      exit: 4,
      hints: [["did you mean", "8080:80"], expect.anything()],
    });
  });
});
