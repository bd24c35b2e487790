/** Ports of the host that lead into instances: who may have one, what a snapshot keeps of them, how they are undone and told. */
import { describe, expect, test } from "bun:test";
import { decide } from "../../../src/events/decide.ts";
import { servedPorts } from "../../../src/events/instance/forwards.ts";
import { planRollback } from "../../../src/events/plan.ts";
import { changesOf } from "../../../src/events/projections/changes.ts";
import { whatOf } from "../../../src/events/projections/history.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { type DoneOperation, inverseOf } from "../../../src/events/undo.ts";
import { daemonActor } from "../../../src/events/envelope.ts";
import { evolveWorld, freezeWorld, thawWorld } from "../../../src/events/world.ts";
import { type Fact, facts, given, recordOf, running, second, stopped, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const web = { protocol: "tcp", bind: "127.0.0.1", host: 8080, guest: 80 } as const;
const dns = { protocol: "udp", bind: "0.0.0.0", host: 5353, guest: 53 } as const;
const add = (forward: object = web) => ({ type: "add-forward", ...opens, ...web, ...forward }) as const;
const { guest: _, ...webPort } = web;
const remove = { type: "remove-forward", ...opens, ...webPort } as const;
const added = (forward: object = web): Fact => ({
  type: "instance.forward-added",
  operation: "op-5",
  data: { number: 5, deadline: "", ...forward },
});
const removed = (forward: object = web): Fact => ({ ...added(forward), type: "instance.forward-removed" });
const failure = { code: "port-taken", reason: "port 8080/tcp is taken by nginx, pid 42" };
const failed: Fact = { type: "instance.forward-failed", data: { ...webPort, ...failure } };
const observed = (more: object = {}) => ({ type: "forward-observed", id: "i-1", ...webPort, ...more }) as const;
const stateOf = (...told: readonly Fact[]) => worldOf(told).instances.get("i-1") ?? expect.unreachable();

/** Another instance, `db`, with a port of its own. */
function worldWithOther(theirs: object, ...ours: readonly Fact[]) {
  const world = worldOf(ours);
  const other = {
    ...facts.launchRequested.data,
    name: "db",
    address: "10.77.0.3",
    mac: "52:54:00:00:00:02",
    ordinal: 2,
  };
  const told: readonly Fact[] = [{ ...facts.launchRequested, data: other }, added(theirs)];
  told.forEach(({ type, data = {}, operation = "" }, index) =>
    evolveWorld(world, recordOf({ type, version: 1, stream: "instance/i-2", data }, 50 + index, { operation })),
  );
  return world;
}

describe("adding one", () => {
  test("is recorded, off or running, also while something is under way", () => {
    for (const told of [stopped, running, [...running, facts.restartRequested]])
      given(...told)
        .when(add())
        .thenEvents([{ type: "instance.forward-added", data: web }]);
  });
  test("that is there already yields nothing", () => {
    given(...stopped, added())
      .when(add())
      .thenEvents([]);
  });
  test.each([
    ["one in the trash", [...stopped, facts.deleteRequested, facts.deleted], {}, "instance-deleted"],
    ["a port that leads to another port already", [...stopped, added()], { guest: 81 }, "port-taken"],
    ["every address, where one is taken", [...stopped, added()], { bind: "0.0.0.0" }, "port-taken"],
  ] as const)("is refused for %s", (_what, told, forward, code) => {
    given(...told)
      .when(add(forward))
      .thenRefused(code);
  });
  test("is refused with the name of the instance that has the port, at that address alone", () => {
    const world = worldWithOther(web, ...stopped);
    expect(() => decide(add(), world)).toThrow('port 8080/tcp is forwarded to port 80 of "db"');
    expect(() => decide(add({ bind: "0.0.0.0" }), world)).toThrow('of "db"');
    expect(decide(add({ bind: "10.0.0.1" }), world)).toHaveLength(1);
    expect(decide(add({ protocol: "udp" }), world)).toHaveLength(1);
  });
  test("is possible again when the holder let go of it or is gone for good", () => {
    const world = worldWithOther(web, ...stopped);
    const tell = ({ type, data = {}, operation = "" }: Fact) =>
      evolveWorld(world, recordOf({ type, version: 1, stream: "instance/i-2", data }, 60, { operation }));
    tell(removed());
    expect(world.ports.size).toBe(0);
    tell(added());
    tell(facts.deleteRequested);
    tell(facts.deleted);
    expect(() => decide(add(), world)).toThrow("in the trash");
    tell({ type: "instance.purged", operation: "op-4" });
    expect(decide(add(), world)).toHaveLength(1);
  });
  test("has a bound", () => {
    const many = Array.from({ length: 256 }, (_, index) => added({ ...web, host: 9000 + index }));
    given(...stopped, ...many)
      .when(add())
      .thenRefused("forwards-too-many");
  });
});

describe("removing one", () => {
  test("is recorded with where it led, of one in the trash too", () => {
    for (const told of [stopped, [...stopped, facts.deleteRequested, facts.deleted]])
      given(...told, added())
        .when(remove)
        .thenEvents([{ type: "instance.forward-removed", data: web }]);
  });
  test("that is not there yields nothing", () =>
    given(...stopped)
      .when(remove)
      .thenEvents([]));
});

describe("what becomes of one on a machine that runs", () => {
  test.each([
    ["a failure", [...running, added()], { failure }, ["instance.forward-failed"]],
    ["the same failure again", [...running, added(), failed], { failure }, []],
    [
      "another reason",
      [...running, added(), failed],
      { failure: { ...failure, reason: "x" } },
      ["instance.forward-failed"],
    ],
    ["its end", [...running, added(), failed], {}, ["instance.forward-restored"]],
    ["that all is well", [...running, added()], {}, []],
    ["one that is removed", running, { failure }, []],
    ["one of a machine that is off", [...stopped, added()], { failure }, []],
  ] as const)("%s", (_what, told, more, types) =>
    given(...told)
      .when(observed(more))
      .thenTypes(...types),
  );
  test("is part of the view", () => {
    const forwards = [{ ...web, failure: { ...failure, at: second(10) } }];
    expect(viewInstance(stateOf(...running, added(), { type: "instance.reset" }, failed))).toMatchObject({ forwards });
  });
});

test("a fold of them, their index, and what a checkpoint brings back", () => {
  const world = worldOf([...stopped, added(), added(dns), removed()]);
  expect(world.instances.get("i-1")?.forwards).toEqual([dns]);
  expect([...world.ports]).toEqual([["5353/udp", [{ id: "i-1", bind: "0.0.0.0" }]]]);
  expect(thawWorld(JSON.parse(JSON.stringify(freezeWorld(world)))).ports).toEqual(world.ports);
  expect(stateOf(...stopped, added(), removed()).forwards).toBeUndefined();
  expect(servedPorts(stateOf(...stopped, added(dns)))).toEqual([
    { protocol: "tcp", port: 22 },
    { protocol: "udp", port: 53 },
  ]);
});

describe("points", () => {
  const pointMade: Fact = {
    type: "instance.point-made",
    data: { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "off" },
  };
  const restore = { type: "restore", ...opens, to: "p", next: "l-3", fresh: false } as const;
  test("keep them, without what was wrong with them, and a restore brings them back", () => {
    const told = [...running, added(), failed, pointMade, removed(), added(dns)];
    expect(stateOf(...told).points[0]?.forwards).toEqual([web]);
    const [requested] = decide(restore, worldOf(told));
    expect(requested?.data).toMatchObject({ forwards: [web] });
    const { specs } = facts.launchRequested.data;
    const rewound = { point: "p", name: "good", from: "l-1", next: "l-3", specs };
    const back = stateOf(
      ...told,
      { type: "instance.restore-requested", operation: "op-9", data: { ...requested?.data } },
      { type: "instance.rewound", operation: "op-9", data: rewound },
    );
    expect(back.forwards).toEqual([web]);
  });
  test("bring none that another instance has taken since", () => {
    const [requested] = decide(restore, worldWithOther(web, ...stopped, added(), pointMade, removed()));
    expect(requested?.data).not.toHaveProperty("forwards");
  });
  test("give none to a fork: a port leads to one place", () => {
    const fork = {
      ...opens,
      type: "fork",
      id: "i-3",
      source: "i-1",
      point: "p",
      mac: "52:54:00:00:00:03",
      layer: "l-9",
    } as const;
    const world = worldOf([...stopped, added(), pointMade]);
    const [requested] = decide({ ...fork, starts: false, fresh: false }, world);
    evolveWorld(
      world,
      recordOf(
        { type: "instance.fork-requested", version: 1, stream: "instance/i-3", data: requested?.data ?? {} },
        50,
        { operation: "op-9" },
      ),
    );
    expect(world.instances.get("i-3")?.forwards).toBeUndefined();
  });
});

describe("taking one back", () => {
  const done = (kind: "forward" | "unforward"): DoneOperation => ({
    number: 5,
    id: "op-5",
    kind,
    stream: "instance/i-1",
    by: daemonActor,
    time: second(20),
    position: 20,
    result: "ok",
    data: { number: 5, deadline: "", ...web },
  });
  test("removes what was added, and adds what was removed", () => {
    expect(inverseOf(done("forward"), worldOf([...stopped, added()]))).toEqual({
      inverse: { type: "remove-forward", id: "i-1", ...webPort },
      lines: ["8080/tcp does not lead to web any more"],
    });
    expect(inverseOf(done("unforward"), worldOf(stopped))).toEqual({
      inverse: { type: "add-forward", id: "i-1", ...web },
      lines: ["8080/tcp leads to port 80 of web again"],
    });
  });
  test("is a conflict where it leads elsewhere by now", () => {
    const elsewhere = added({ ...web, guest: 81 });
    for (const [kind, told] of [
      ["forward", [elsewhere]],
      ["forward", []],
      ["unforward", [elsewhere]],
    ] as const)
      expect(() => inverseOf(done(kind), worldOf([...stopped, ...told]))).toThrow("was changed since");
  });
  test("of all, by a rollback: ports are let go of before others take them", () => {
    const now = worldWithOther(web, ...stopped, added(dns));
    const then = worldWithOther({ ...web, host: 1 }, ...stopped, added());
    expect(planRollback(now, then).steps).toEqual([
      { type: "remove-forward", id: "i-1", protocol: "udp", bind: "0.0.0.0", host: 5353 },
      { type: "remove-forward", id: "i-2", ...webPort },
      { type: "add-forward", id: "i-1", ...web },
      { type: "add-forward", id: "i-2", ...web, host: 1 },
    ]);
  });
});

test("history names the ports, and the key that was set", () => {
  const data = { number: 5, ...dns };
  expect(whatOf("forward", data, "web")).toBe("forward web 0.0.0.0:5353:53/udp");
  expect(whatOf("unforward", data, "web")).toBe("forward remove web 0.0.0.0:5353:53/udp");
  const record = (fact: Fact) =>
    recordOf({ type: fact.type, version: 1, stream: "instance/i-1", data: fact.data ?? {} }, 1);
  expect(changesOf(record(added()))).toEqual([{ key: "forward:8080/tcp", before: null, after: "8080:80" }]);
  expect(changesOf(record(removed()))).toEqual([{ key: "forward:8080/tcp", before: "8080:80", after: null }]);
});
