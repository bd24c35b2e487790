/** Networks and what instances have of them: rules, folds, undo and the way back. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import { type Command, decide } from "../../src/events/decide.ts";
import { planRollback } from "../../src/events/plan.ts";
import { explainInstance } from "../../src/events/projections/explain.ts";
import { createHistoryFold } from "../../src/events/projections/history.ts";
import { viewInstance } from "../../src/events/projections/instances.ts";
import { viewAddresses, viewNetworks } from "../../src/events/projections/network.ts";
import { inverseOf } from "../../src/events/undo.ts";
import { emptyWorld, evolveWorld, type World } from "../../src/events/world.ts";
import type { OperationKind } from "../../src/model/operation.ts";
import { daemonActor, type NewEvent } from "../../src/events/envelope.ts";
import { bootResult, facts, recordOf, second, specs, stopped, running, worldOf, type Fact } from "../spec.ts";

const opens = { operation: "op-9", deadline: second(59) };
const intent = { number: 7, deadline: second(59) };

/** Decides each command on what the ones before came to. */
function after(world: World, ...commands: readonly Command[]): World {
  for (const command of commands) record(world, decide(command, world));
  return world;
}

function record(world: World, events: readonly NewEvent[]): void {
  for (const event of events)
    evolveWorld(world, recordOf(event, world.position + 1, { operation: `op-${world.position}` }));
}

const codeOf = (world: World, command: Command): string => {
  try {
    return decide(command, world).length === 0 ? "nothing" : "allowed";
  } catch (error) {
    return error instanceof UserError ? error.code : String(error);
  }
};

const create = (name: string, subnet?: string, kind: "nat" | "isolated" = "isolated"): Command => ({
  type: "create-network",
  operation: "op-9",
  name,
  kind,
  ...(subnet !== undefined && { subnet }),
});
const remove = (name: string): Command => ({ type: "delete-network", operation: "op-9", name });

let count = 0;
function launch(
  name: string,
  joins?: Extract<Command, { type: "launch" }>["joins"],
): Extract<Command, { type: "launch" }> {
  const mac = `52:54:00:00:01:${String(++count).padStart(2, "0")}`;
  const image = { name: "tiny" };
  return {
    type: "launch",
    id: name,
    ...opens,
    name,
    image,
    specs,
    mac,
    layer: `l-${name}`,
    user: "ubuntu",
    ...(joins && { joins }),
  };
}
const into = (network: string, address?: string) => ({
  place: { attachment: "user" as const, network, ...(address !== undefined && { address }) },
});
const addressOf = (world: World, id: string) => world.instances.get(id)?.address;

describe("a network", () => {
  test("gets a subnet that overlaps with none, in its turn", () => {
    const world = after(emptyWorld(), create("a"), create("b", "10.79.1.0/24"), create("c"));
    expect(viewNetworks(world).map(({ name, subnet }) => `${name} ${subnet}`)).toEqual([
      "default 10.77.0.0/16",
      "a 10.79.0.0/24",
      "b 10.79.1.0/24",
      "c 10.79.2.0/24",
    ]);
  });
  test.each([
    ["one that is there, as it is", create("lab"), "nothing"],
    ["one that is there, of another kind", create("lab", undefined, "nat"), "network-exists"],
    ["default", create("default"), "network-exists"],
    ["a name that is none", create("Lab!"), "network-name-invalid"],
    ["a subnet that is none", create("x", "10.0.0.1/24"), "subnet-invalid"],
    ["a subnet within another's", create("x", "10.79.0.128/25"), "subnet-taken"],
    ["a subnet within that of every machine", create("x", "10.77.4.0/24"), "subnet-taken"],
    ["the end of one that is not there", remove("lub"), "network-not-found"],
    ["the end of default", remove("default"), "network-built-in"],
    ["the end of one that somebody is in", remove("lab"), "network-in-use"],
  ])("is asked for: %s", (_what, command, code) => {
    const world = after(emptyWorld(), create("lab"), launch("web", into("lab")));
    expect(codeOf(world, command)).toBe(code);
  });
  test("goes when nobody is in it", () => {
    expect(viewNetworks(after(emptyWorld(), create("lab"), remove("lab"))).map(({ name }) => name)).toEqual([
      "default",
    ]);
  });
});

describe("an instance's place", () => {
  const lab = () => after(emptyWorld(), create("lab", "10.90.0.0/28"));
  test("is the lowest free address of its network", () => {
    const world = after(
      lab(),
      launch("a"),
      launch("b", into("lab")),
      launch("c", into("lab", "10.90.0.3")),
      launch("d", into("lab")),
      launch("e"),
    );
    expect(["a", "b", "c", "d", "e"].map((id) => addressOf(world, id))).toEqual([
      "10.77.0.2",
      "10.90.0.2",
      "10.90.0.3",
      "10.90.0.4",
      "10.77.0.3",
    ]);
    expect(world.instances.get("a")?.network).toBeUndefined();
    expect(world.instances.get("c")?.network).toEqual({
      name: "lab",
      attachment: "user",
      subnet: "10.90.0.0/28",
      isStatic: true,
    });
    expect(viewAddresses("lab", world.instances.values()).map(({ address, isStatic }) => [address, isStatic])).toEqual([
      ["10.90.0.2", false],
      ["10.90.0.3", true],
      ["10.90.0.4", false],
    ]);
  });
  test.each([
    ["of another network", "10.77.0.9", "address-outside"],
    ["the network's first", "10.90.0.1", "address-outside"],
    ["the network's gateway", "10.90.0.14", "address-outside"],
    ["its broadcast", "10.90.0.15", "address-outside"],
    ["somebody's", "10.90.0.2", "address-taken"],
    ["free", "10.90.0.12", "allowed"],
  ])("may be asked for: one that is %s", (_what, address, code) => {
    expect(codeOf(after(lab(), launch("web", into("lab"))), launch("db", into("lab", address)))).toBe(code);
  });
  test("is refused in a network that is not there, or is full", () => {
    expect(codeOf(lab(), launch("a", into("lob")))).toBe("network-not-found");
    const full = after(lab(), ...Array.from({ length: 11 }, (_, index) => launch(`i${index}`, into("lab"))));
    expect(codeOf(full, launch("late", into("lab")))).toBe("network-full");
  });
  test("names the holder of an address, one in the trash too", () => {
    const world = after(lab(), launch("web", into("lab")));
    record(world, [
      {
        type: "instance.launch-failed",
        version: 1,
        stream: "instance/web",
        data: { kept: true, step: "boot", code: "x", reason: "y", result: "failed" },
      },
    ]);
    after(world, { type: "delete", id: "web", ...opens, expires: second(59) });
    expect(() => decide(launch("db", into("lab", "10.90.0.2")), world)).toThrow('"web", which is in the trash');
  });
  test("on a bridge is in the subnet that was chosen for it", () => {
    const world = after(
      emptyWorld(),
      create("default", "10.80.0.0/16", "nat"),
      launch("web", { place: { attachment: "bridge" } }),
      launch("db"),
    );
    expect([addressOf(world, "web"), addressOf(world, "db")]).toEqual(["10.80.0.2", "10.77.0.2"]);
  });
});

describe("a card", () => {
  const card = (mac: string) => ({ network: "eth1", mode: "auto" as const, mac });
  const joins = { place: { attachment: "user" as const }, interfaces: [card("52:54:00:aa:00:01")] };
  test("has an address that no other card has", () => {
    const world = after(emptyWorld(), launch("web", joins));
    expect(codeOf(world, launch("db", joins))).toBe("mac-in-use");
    expect(world.macs.get("52:54:00:aa:00:01")).toBe("web");
  });
  test("comes and goes while it is off", () => {
    const configure = (value: string): Command => ({
      type: "configure",
      id: "i-1",
      ...opens,
      key: "interfaces",
      value,
    });
    const line = "name=eth1,mode=auto,mac=52:54:00:aa:00:02";
    expect(codeOf(worldOf(running), configure(line))).toBe("instance-running");
    const world = after(worldOf(stopped), configure(line));
    expect(world.instances.get("i-1")?.interfaces).toEqual([card("52:54:00:aa:00:02")]);
    expect(world.macs.has("52:54:00:aa:00:02")).toBe(true);
    after(world, configure(""));
    expect(world.instances.get("i-1")?.interfaces).toBeUndefined();
    expect(world.macs.has("52:54:00:aa:00:02")).toBe(false);
  });
});

describe("a fork", () => {
  const pointMade = (id: string): NewEvent => ({
    type: "instance.point-made",
    version: 1,
    stream: `instance/${id}`,
    data: { id: "p", name: "good", kind: "snapshot", layer: `l-${id}`, next: "l-9", bytes: 1, consistency: "off" },
  });
  const source = (joins: Parameters<typeof launch>[1]) => {
    const world = after(emptyWorld(), create("lab"), launch("web", joins));
    record(world, [
      {
        type: "instance.image-ready",
        version: 1,
        stream: "instance/web",
        data: { name: "tiny", title: "Tiny", sha256: "a" },
      },
      {
        type: "instance.launch-failed",
        version: 1,
        stream: "instance/web",
        data: { kept: true, step: "cloud-init", code: "x", reason: "y", result: "failed" },
      },
      pointMade("web"),
    ]);
    return world;
  };
  const fork: Command = {
    type: "fork",
    id: "copy",
    ...opens,
    source: "web",
    point: "p",
    mac: "52:54:00:bb:00:01",
    macs: ["52:54:00:bb:00:02"],
    layer: "l-c",
    starts: true,
    fresh: false,
  };
  test("is in the network of its source, with addresses of its own and the same limits", () => {
    const card = { network: "eth1", mode: "auto" as const, mac: "52:54:00:aa:00:09" };
    const world = after(source({ ...into("lab", "10.79.0.30"), allowNet: "none", interfaces: [card] }), fork);
    expect(world.instances.get("copy")).toMatchObject({
      address: "10.79.0.2",
      network: { name: "lab", attachment: "user", subnet: "10.79.0.0/24" },
      allowNet: "none",
      interfaces: [{ ...card, mac: "52:54:00:bb:00:02" }],
    });
  });
  test("of what is detached is so too", () => {
    const world = source(into("lab"));
    after(world, { type: "detach-network", id: "web", ...opens }, fork);
    expect(world.instances.get("copy")).toMatchObject({ detached: {}, pending: { isDetached: true } });
  });
});

describe("detaching", () => {
  const detach: Command = { type: "detach-network", id: "i-1", ...opens };
  const attach: Command = { type: "attach-network", id: "i-1", ...opens };
  const session: Command = {
    type: "session-start",
    id: "i-1",
    session: "s",
    kind: "shell",
    arguments: 0,
    terminal: true,
  };
  test("is an intent that stays over a stop, and lets nobody in", () => {
    const world = after(worldOf(running), detach);
    expect(codeOf(world, detach)).toBe("nothing");
    expect(codeOf(world, session)).toBe("instance-detached");
    const state = world.instances.get("i-1");
    expect(state && viewInstance(state)).toMatchObject({
      power: "running",
      health: "unreachable",
      network: { isDetached: true },
    });
    expect(state && explainInstance(state, 0).next).toBe("strata network attach web");
    record(world, [{ type: "instance.stopped", version: 1, stream: "instance/i-1", data: { cause: "user" } }]);
    expect(world.instances.get("i-1")?.detached).toBeDefined();
    after(world, attach);
    expect(world.instances.get("i-1")?.detached).toBeUndefined();
    expect(codeOf(world, attach)).toBe("nothing");
  });
  test("leaves a start nothing to wait for inside", () => {
    const world = after(worldOf(stopped), detach, { type: "start", id: "i-1", ...opens });
    const operation = world.instances.get("i-1")?.pending?.id ?? "";
    const events = decide({ type: "step-succeeded", id: "i-1", operation, result: bootResult }, world);
    expect(events.map(({ type }) => type)).toEqual(["instance.booted", "instance.started"]);
  });
  test("waits for nothing that is under way, which goes on and looks for nobody inside any more", () => {
    const world = after(worldOf([...stopped, facts.startRequested]), detach);
    const operation = world.instances.get("i-1")?.pending?.id ?? "";
    expect(codeOf(world, { type: "conclude", id: "i-1", operation })).toBe("nothing");
    const events = decide({ type: "step-succeeded", id: "i-1", operation, result: bootResult }, world);
    expect(events.map(({ type }) => type)).toEqual(["instance.booted", "instance.started"]);
  });
  test("ends a start whose guest is waited for", () => {
    const world = worldOf([...stopped, facts.startRequested, facts.booted()]);
    const operation = world.instances.get("i-1")?.pending?.id ?? "";
    const conclude: Command = { type: "conclude", id: "i-1", operation };
    expect(codeOf(world, conclude)).toBe("nothing");
    after(world, detach);
    expect(decide(conclude, world).map(({ type }) => type)).toEqual(["instance.started"]);
    expect(codeOf(world, { ...conclude, operation: "another" })).toBe("nothing");
    after(world, conclude);
    expect(world.instances.get("i-1")).toMatchObject({ power: "running", detached: {} });
    expect(world.instances.get("i-1")?.pending).toBeUndefined();
  });
  test("and only it: what goes back on its network waits", () => {
    const world = after(worldOf(stopped), detach, { type: "start", id: "i-1", ...opens });
    expect(codeOf(world, attach)).toBe("operation-pending");
  });
});

describe("a point", () => {
  const configured = (key: string, value: string, before: string): Fact => ({
    type: "instance.configured",
    operation: "op-7",
    data: { ...intent, key, value, before },
  });
  const pointMade: Fact = {
    type: "instance.point-made",
    data: { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "off" },
  };
  const rewound: Fact = {
    type: "instance.rewound",
    data: { point: "p", name: "good", from: "l-1", next: "l-3", specs },
  };
  const stateOf = (...given: readonly Fact[]) => worldOf(given).instances.get("i-1");
  test("brings back where it may speak to, and its cards", () => {
    const line = "name=eth1,mode=auto,mac=52:54:00:aa:00:02";
    const then = [...stopped, configured("allow-net", "none", "all"), configured("interfaces", line, ""), pointMade];
    const now = [...then, configured("allow-net", "all", "none"), configured("interfaces", "", line)];
    expect(stateOf(...now)?.allowNet).toBeUndefined();
    const back = stateOf(...now, rewound);
    expect(back?.allowNet).toBe("none");
    expect(back?.interfaces).toEqual([{ network: "eth1", mode: "auto", mac: "52:54:00:aa:00:02" }]);
    expect(stateOf(...stopped, pointMade, configured("allow-net", "none", "all"), rewound)?.allowNet).toBeUndefined();
  });
  test("a rollback plans the same, and the networks", () => {
    const then = worldOf(stopped);
    const now = after(worldOf([...stopped, configured("allow-net", "none", "all")]), create("lab"), {
      type: "detach-network",
      id: "i-1",
      ...opens,
    });
    const { steps } = planRollback(now, then);
    expect(steps).toMatchObject([
      { type: "configure", key: "allow-net", value: "all" },
      { type: "attach-network", id: "i-1" },
      { type: "delete-network", name: "lab" },
    ]);
    expect(planRollback(then, now).steps).toMatchObject([
      { type: "configure", key: "allow-net", value: "none" },
      { type: "detach-network" },
      { type: "create-network", name: "lab", subnet: "10.79.0.0/24" },
    ]);
  });
});

describe("undo", () => {
  const doneOf = (kind: OperationKind, data: object, stream = "instance/i-1") => ({
    number: 2,
    id: "op-2",
    kind,
    stream,
    by: daemonActor,
    time: second(1),
    position: 9,
    result: "ok" as const,
    data: data as Record<string, unknown>,
  });
  const made = { name: "lab", kind: "isolated", subnet: "10.79.0.0/24" };
  const inverse = (world: World, kind: OperationKind, data: object = made) => {
    try {
      return inverseOf(doneOf(kind, data, kind.startsWith("network-") ? "network/lab" : "instance/i-1"), world).inverse;
    } catch (error) {
      return error instanceof UserError ? error.code : error;
    }
  };
  test("of each kind of change", () => {
    const world = after(worldOf(running), create("lab"), { type: "detach-network", id: "i-1", ...opens });
    expect(inverse(world, "network-create")).toEqual({ type: "delete-network", name: "lab" });
    expect(inverse(world, "network-delete")).toBe("undo-conflict");
    expect(inverse(after(world, remove("lab")), "network-delete")).toEqual({
      type: "create-network",
      ...made,
    } as never);
    expect(inverse(world, "detach")).toEqual({ type: "attach-network", id: "i-1" });
    expect(inverse(world, "attach")).toBe("undo-conflict");
    after(world, { type: "configure", id: "i-1", ...opens, key: "allow-net", value: "none" });
    expect(inverse(world, "set", { key: "allow-net", value: "none", before: "all" })).toEqual({
      type: "configure",
      id: "i-1",
      key: "allow-net",
      value: "all",
    });
  });
  test("is refused for a network that somebody is in", () =>
    expect(inverse(after(emptyWorld(), create("lab"), launch("web", into("lab"))), "network-create")).toBe(
      "undo-conflict",
    ));
});

test("attempts that were refused are told by history and explain", () => {
  const refused = (attempts: object[], others?: number): Fact => ({
    type: "instance.network-refused",
    data: { attempts, ...(others !== undefined && { others }) },
  });
  const tried = { destination: "192.0.2.1", protocol: "tcp", port: 443, count: 3 };
  const given = [...running, refused([tried]), refused([{ destination: "example.com", protocol: "dns", count: 1 }], 4)];
  const state = worldOf(given).instances.get("i-1");
  expect(state?.refused?.total).toBe(8);
  const fold = createHistoryFold(1);
  fold.add(
    recordOf(
      { type: "instance.network-refused", version: 1, stream: "instance/i-1", data: { attempts: [tried], others: 4 } },
      3,
    ),
  );
  expect(fold.rows(() => "web")[0]?.what).toBe("not let out 7 times (192.0.2.1 tcp 443, 3 times; more): web");
  expect(state && explainInstance(state, 0).facts.find(({ label }) => label === "not let out")?.text).toStartWith(
    "8 times",
  );
});
