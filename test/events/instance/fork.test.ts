/** Forks: on a disk alone, and from memory; what becomes of one that cannot go on. */
import { describe, expect, test } from "bun:test";
import { decide } from "../../../src/events/decide.ts";
import type { InstanceState } from "../../../src/events/instance/state.ts";
import { nextStep } from "../../../src/events/instance/steps.ts";
import { evolveWorld, type World } from "../../../src/events/world.ts";
import { bootResult, type Fact, facts, given, recordOf, running, second, specs, worldOf } from "../../spec.ts";

const kept = { memory: "m-1", memoryBytes: 1_000, build: "b", accelerator: "tcg" };
const { hardware } = facts.diskCreated.data;
const pointMade = (more: object): Fact[] => {
  const wanted = { id: "p-1", name: "good", kind: "snapshot", next: "l-2" };
  return [
    ...running,
    { type: "instance.snapshot-requested", operation: "op-2", data: { number: 2, deadline: second(59), wanted } },
    { type: "instance.point-made", operation: "op-2", data: { ...wanted, layer: "l-1", bytes: 10, ...more } },
  ];
};
const warm = pointMade({ consistency: "memory", kept });
const cold = pointMade({ consistency: "quiet" });
const opens = { id: "i-2", operation: "op-3" };
const asked = { ...opens, type: "fork", deadline: second(59), source: "i-1", point: "p-1" } as const;
const own = { name: "copy", mac: "52:54:00:00:00:99", layer: "l-9" };

/** The fork of a point with memory, or of one without, and what has become of it. */
function forked(isWarm: boolean, ...more: readonly Fact[]): { world: World; state: InstanceState } {
  const world = worldOf(isWarm ? warm : cold);
  const origin = { instance: "i-1", name: "web", point: "good", layer: "l-1" };
  const image = { name: "tiny", title: "Tiny", sha256: "a" };
  const common = { number: 3, deadline: second(59), ...own, ordinal: 2, image, specs, address: "10.77.0.3" };
  const data = { ...common, user: "ubuntu", origin, starts: true, ...(isWarm && { warm: { kept, hardware } }) };
  [{ type: "instance.fork-requested", data }, ...more].forEach((fact: Fact, index) =>
    evolveWorld(
      world,
      recordOf({ type: fact.type, version: 1, stream: "instance/i-2", data: fact.data ?? {} }, 50 + index, {
        operation: "op-3",
      }),
    ),
  );
  const state = world.instances.get("i-2");
  if (!state) throw new Error("the fork is gone");
  return { world, state };
}

const disk: Fact = { type: "instance.disk-created", data: { layer: own.layer, parent: "l-1", hardware, hostKey: "k" } };
const { step: _, ...data } = bootResult;
const booted: Fact = { type: "instance.booted", data: { ...data, resumed: true } };
const identified: Fact = { type: "instance.identified" };
const failure = { code: "agent-missing", reason: "no agent", result: "failed" } as const;
const givenUp: Fact = { type: "instance.memory-given-up", data: { step: "identity", ...failure } };
const owed = (isWarm: boolean, ...more: readonly Fact[]) => {
  const { pending } = forked(isWarm, ...more).state;
  return pending && nextStep(pending);
};

describe("a fork", () => {
  test("takes the memory of its point and the hardware that it loads into, unless it stays off or shall boot", () => {
    const wanted = (starts: boolean, fresh: boolean, from = warm) =>
      given(...from).when({ ...asked, ...own, starts, fresh });
    wanted(true, false).thenEvents([{ type: "instance.fork-requested", data: { warm: { kept, hardware } } }]);
    for (const outcome of [wanted(false, false), wanted(true, true), wanted(true, false, cold)])
      outcome.thenEvents([{ data: expect.not.objectContaining({ warm: expect.anything() }) }]);
  });

  test("that boots is reached, then provisioned; one that goes on from memory is told who it is before it is reached", () => {
    expect(owed(false, disk, booted)).toBe("reachable");
    expect(owed(false, disk, booted, facts.reachable("op-3"))).toBe("cloud-init");
    expect(owed(true)).toBe("disk");
    expect([owed(true, disk), forked(true, disk).state.power]).toEqual(["boot", "suspended"]);
    expect(owed(true, disk, booted)).toBe("identity");
    expect(owed(true, disk, booted, identified)).toBe("reachable");
    const { world } = forked(true, disk, booted, identified);
    const ended = decide({ type: "step-succeeded", ...opens, result: { step: "reachable" } }, world);
    expect(ended.map(({ type }) => type)).toEqual(["instance.reachable", "instance.forked"]);
  });

  test("that cannot go on from the memory begins anew and boots; one that is cancelled, or answers to nobody, does not", () => {
    const failed = (step: "disk" | "identity" | "reachable", result: "failed" | "cancelled", ...more: Fact[]) =>
      decide({ type: "step-failed", ...opens, step, ...failure, result }, forked(true, ...more).world).map(
        ({ type }) => type,
      );
    expect(failed("disk", "failed")).toEqual(["instance.memory-given-up"]);
    expect(failed("identity", "failed", disk, booted)).toEqual(["instance.memory-given-up"]);
    expect(failed("identity", "cancelled", disk, booted)).toEqual(["instance.operation-abandoned"]);
    expect(failed("reachable", "failed", disk, booted, identified)).toEqual(["instance.fork-failed"]);

    const { state } = forked(true, disk, booted, givenUp);
    expect([state.power, state.running, state.pending?.gaveUp?.code, state.pending?.warm]).toEqual([
      "off",
      undefined,
      "agent-missing",
      undefined,
    ]);
    expect(owed(true, disk, booted, givenUp)).toBe("disk");
    expect(owed(true, disk, booted, givenUp, disk, booted)).toBe("reachable");
  });
});

describe("a clone", () => {
  const clone = { type: "fork", ...opens, deadline: second(59), source: "i-1", point: "p-1", isClone: true } as const;
  const more = { mac: own.mac, layer: own.layer, starts: false, fresh: false };
  const named = (name: string, number?: number): Fact => ({
    type: "instance.fork-requested",
    operation: "op-8",
    data: {
      number: 8,
      deadline: second(59),
      name,
      ordinal: 2,
      image: { name: "t", title: "T", sha256: "a" },
      specs,
      mac: "52:54:00:00:00:77",
      address: "10.77.0.7",
      layer: "l-7",
      user: "ubuntu",
      starts: false,
      origin: { instance: "i-1", name: "web", point: "good", layer: "l-1" },
      ...(number !== undefined && { clone: number }),
    },
  });
  /** What the next one is called after such a fork, which is gone again when `isGone`. */
  const nextAfter = (fork?: Fact, isGone = false) => {
    const world = worldOf(cold);
    const failed: Fact = { type: "instance.fork-failed", operation: "op-8", data: { kept: false } };
    for (const { type, data = {} } of fork ? [fork, ...(isGone ? [failed] : [])] : [])
      evolveWorld(world, recordOf({ type, version: 1, stream: "instance/i-8", data }, 60, { operation: "op-8" }));
    const [event] = decide({ ...clone, ...more }, world);
    return [event?.data["name"], event?.data["clone"]];
  };
  test("is called by its number, which counts on in its source", () => {
    expect(nextAfter()).toEqual(["web-clone1", 1]);
    expect(nextAfter(named("web-clone1", 1))).toEqual(["web-clone2", 2]);
    expect(nextAfter(named("web-clone4", 4), true)).toEqual(["web-clone5", 5]);
  });
  test("passes over a name that somebody gave, which is not counted", () => {
    expect(nextAfter(named("web-clone1"))).toEqual(["web-clone2", 2]);
    expect(nextAfter(named("web-clone1"), true)).toEqual(["web-clone1", 1]);
  });
  test("with a name of its own has no number", () => {
    given(...cold)
      .when({ ...clone, ...more, name: "copy" })
      .thenEvents([{ data: expect.not.objectContaining({ clone: expect.anything() }) }]);
  });
});
