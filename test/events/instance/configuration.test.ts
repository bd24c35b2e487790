/** Suspending, renaming and the keys of an instance: the rules, and what they fold to. */
import { describe, expect, test } from "bun:test";
import type { PendingOperation } from "../../../src/events/instance/state.ts";
import { nextStep } from "../../../src/events/instance/steps.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { type Fact, facts, given, running, second, specs, stopped, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const intent = { number: 2, deadline: second(59) };
const saved = { memoryBytes: 1_000, build: "b" };
const suspendRequested: Fact = { type: "instance.suspend-requested", operation: "op-2", data: intent };
const suspended: readonly Fact[] = [
  ...running,
  suspendRequested,
  { type: "instance.suspended", operation: "op-2", data: saved },
];
const resuming: readonly Fact[] = [
  ...suspended,
  { type: "instance.start-requested", operation: "op-3", data: { ...intent, number: 3 } },
];
const stateOf = (...facts: readonly Fact[]) => {
  const state = worldOf(facts).instances.get("i-1");
  if (!state) throw new Error("the instance is gone");
  return state;
};

describe("suspend", () => {
  test("records the intent only, and its outcome with the step", () => {
    given(...running)
      .when({ type: "suspend", ...opens })
      .thenTypes("instance.suspend-requested");
    given(...running, suspendRequested)
      .when({ type: "step-succeeded", ...opens, operation: "op-2", result: { step: "suspend", ...saved } })
      .thenEvents([{ type: "instance.suspended", data: saved }]);
  });
  test("is refused for an instance that is off, and nothing for one that is suspended", () => {
    given(...stopped)
      .when({ type: "suspend", ...opens })
      .thenRefused("instance-not-running");
    given(...suspended)
      .when({ type: "suspend", ...opens })
      .thenTypes();
  });
  test("that fails takes nothing back: the machine runs on", () =>
    given(...running, suspendRequested)
      .when({
        type: "step-failed",
        ...opens,
        operation: "op-2",
        step: "suspend",
        code: "x",
        reason: "y",
        result: "failed",
      })
      .thenTypes("instance.suspend-failed"));
  test("is shown in Multipass's words", () => {
    expect(viewInstance(stateOf(...running, suspendRequested))).toMatchObject({
      state: "Suspending",
      power: "stopping",
    });
    expect(viewInstance(stateOf(...suspended))).toMatchObject({
      state: "Suspended",
      power: "suspended",
      health: "none",
      suspended: { bytes: 1_000 },
    });
  });
});

describe("a suspended instance", () => {
  test("starts from its memory, then reaches its guest and sets its clock", () => {
    const booted = facts.booted("op-3");
    expect(nextStep(stateOf(...resuming).pending as PendingOperation)).toBe("boot");
    expect(nextStep(stateOf(...resuming, booted, facts.reachable("op-3")).pending as PendingOperation)).toBe("clock");
    given(...resuming, booted, facts.reachable("op-3"))
      .when({
        type: "step-succeeded",
        ...opens,
        operation: "op-3",
        result: { step: "clock", behindSeconds: 60, offSeconds: 0 },
      })
      .thenTypes("instance.clock-set", "instance.started");
    expect(stateOf(...resuming, booted).suspended).toBeUndefined();
  });
  test.each(["boot", "reachable"] as const)("whose start fails at %s is left as it is", (step) =>
    given(...resuming, ...(step === "boot" ? [] : [facts.booted("op-3")]))
      .when({ type: "step-failed", ...opens, operation: "op-3", step, code: "x", reason: "y", result: "cancelled" })
      .thenTypes("instance.start-failed"),
  );
  test("is stopped only by force, and neither restarted nor changed", () => {
    given(...suspended)
      .when({ type: "stop", force: false, ...opens })
      .thenRefused("instance-suspended");
    given(...suspended)
      .when({ type: "stop", force: true, ...opens })
      .thenTypes("instance.stop-requested");
    given(...suspended)
      .when({ type: "restart", force: true, ...opens })
      .thenRefused("instance-suspended");
    for (const key of ["cpus", "memory", "disk"] as const)
      given(...suspended)
        .when({ type: "configure", ...opens, key, value: specs[key] * 2 })
        .thenRefused("instance-suspended");
  });
  test("goes to the trash and comes back suspended", () => {
    given(...suspended)
      .when({ type: "delete", expires: second(50), ...opens })
      .thenTypes("instance.delete-requested", "instance.deleted");
    const back = stateOf(...suspended, facts.deleteRequested, facts.deleted, {
      type: "instance.recovered",
      operation: "op-5",
      data: { ...intent, number: 5 },
    });
    expect(back).toMatchObject({ power: "suspended", suspended: { memoryBytes: 1_000 } });
  });
  test("whose memory is gone is off", () =>
    given(...suspended)
      .when({ type: "observe-ended", id: "i-1", cause: "lost" })
      .thenTypes("instance.stopped"));
});

describe("rename", () => {
  const renamed: Fact = {
    type: "instance.renamed",
    operation: "op-9",
    data: { ...intent, name: "shop", before: "web" },
  };
  test("moves the name, which is free again", () => {
    given(...running)
      .when({ type: "rename", ...opens, name: "shop" })
      .thenEvents([{ type: "instance.renamed", data: { name: "shop", before: "web" } }]);
    const { names } = worldOf([...running, renamed]);
    expect([...names]).toEqual([["shop", "i-1"]]);
  });
  test("to the same name is nothing, and what is in the trash keeps its name", () => {
    given(...running)
      .when({ type: "rename", ...opens, name: "web" })
      .thenTypes();
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ type: "rename", ...opens, name: "shop" })
      .thenRefused("instance-deleted");
  });
});

describe("keys", () => {
  test("processors and memory change while it is off, and only then", () => {
    given(...stopped)
      .when({ type: "configure", ...opens, key: "cpus", value: 4 })
      .thenEvents([{ type: "instance.configured", data: { key: "cpus", value: 4, before: 1 } }]);
    given(...running)
      .when({ type: "configure", ...opens, key: "memory", value: 2 ** 31 })
      .thenRefused("instance-running");
    const data = { ...intent, key: "memory", value: 2 ** 31, before: 2 ** 30 };
    expect(stateOf(...stopped, { type: "instance.configured", operation: "op-9", data }).specs.memory).toBe(2 ** 31);
  });
  test("a disk grows as an operation of one step, running or not, and never shrinks", () => {
    for (const state of [running, stopped])
      given(...state)
        .when({ type: "configure", ...opens, key: "disk", value: 2 * specs.disk })
        .thenTypes("instance.resize-requested");
    given(...stopped)
      .when({ type: "configure", ...opens, key: "disk", value: specs.disk / 2 })
      .thenRefused("disk-shrinks");
    const data = { ...intent, key: "disk", value: 2 * specs.disk, before: specs.disk };
    const requested: Fact = { type: "instance.resize-requested", operation: "op-9", data };
    expect(nextStep(stateOf(...stopped, requested).pending as PendingOperation)).toBe("resize");
    given(...stopped, requested)
      .when({ type: "step-succeeded", ...opens, result: { step: "resize", isGrown: true } })
      .thenEvents([{ type: "instance.resized", data: { disk: 2 * specs.disk, isGrown: true } }]);
    const resized: Fact = {
      type: "instance.resized",
      operation: "op-9",
      data: { disk: 2 * specs.disk, isGrown: true },
    };
    const after = stateOf(...stopped, requested, resized);
    expect([after.specs.disk, after.pending]).toEqual([2 * specs.disk, undefined]);
  });
  test("the value it has already is nothing", () => {
    for (const key of ["cpus", "memory", "disk"] as const)
      given(...running)
        .when({ type: "configure", ...opens, key, value: specs[key] })
        .thenTypes();
    given(...running)
      .when({ type: "configure", ...opens, key: "autostart", value: "last" })
      .thenTypes();
  });
  test("autostart may be set at any time", () =>
    given(...running)
      .when({ type: "configure", ...opens, key: "autostart", value: "yes" })
      .thenEvents([{ type: "instance.configured", data: { key: "autostart", value: "yes", before: "last" } }]));
});
