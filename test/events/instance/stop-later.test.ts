/** A stop that comes later: when it may be asked for, what calls it off, and how it is told. */
import { describe, expect, test } from "bun:test";
import { nextEnd, owedEnd } from "../../../src/events/instance/lifetime.ts";
import { whatOf } from "../../../src/events/projections/history.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { type Fact, facts, given, running, second, stopped, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const later = { type: "stop-later", ...opens, at: second(40), inMs: 20_000 } as const;
const never = { type: "stop-never", ...opens } as const;
const scheduled: Fact = {
  type: "instance.stop-scheduled",
  operation: "op-5",
  data: { number: 5, deadline: "", at: second(40), inMs: 20_000 },
};
const suspended: Fact = { type: "instance.suspended", data: { memoryBytes: 1, build: "b" } };
const due = [...running, scheduled];
const stateOf = (...told: readonly Fact[]) => worldOf(told).instances.get("i-1") ?? expect.unreachable();

describe("asking for it", () => {
  test("is written down with its time, and a second time takes its place", () => {
    given(...running)
      .when(later)
      .thenEvents([{ type: "instance.stop-scheduled", data: { at: second(40), inMs: 20_000 } }]);
    given(...due)
      .when({ ...later, at: second(50) })
      .thenEvents([{ data: { at: second(50) } }]);
  });
  test("is nothing for one that is off", () => {
    given(...stopped)
      .when(later)
      .thenEvents([]);
  });
  test.each([
    ["one that sleeps", [...running, suspended], "instance-suspended"],
    ["one that is busy", [...running, facts.restartRequested], "operation-pending"],
    ["one in the trash", [...stopped, facts.deleteRequested, facts.deleted], "instance-deleted"],
  ] as const)("is refused for %s", (_what, told, code) => {
    given(...told)
      .when(later)
      .thenRefused(code);
  });
});

describe("calling it off", () => {
  test("is written down, and nothing where none was to come", () => {
    given(...due)
      .when(never)
      .thenEvents([{ type: "instance.stop-unscheduled", data: { at: second(40), why: "asked" } }]);
    given(...running)
      .when(never)
      .thenEvents([]);
  });
  test("is what a start does too", () => {
    given(...due)
      .when({ type: "start", ...opens })
      .thenEvents([{ type: "instance.stop-unscheduled", data: { why: "start" } }]);
  });
});

describe("the time of it", () => {
  const { stopRequested, startRequested, restartRequested } = facts;
  const calledOff: Fact = {
    type: "instance.stop-unscheduled",
    operation: "op-6",
    data: { number: 6, deadline: "", at: second(40), why: "asked" },
  };
  test.each([
    ["while it runs", [], second(40)],
    ["while it is being stopped", [stopRequested], second(40)],
    ["after another stop", [stopRequested, facts.stopped("user", "op-2")], undefined],
    ["after a crash", [facts.stopped("crash")], undefined],
    ["after a restart", [restartRequested, facts.stopped("user", "op-2"), facts.booted("op-2")], undefined],
    ["while it sleeps", [suspended], undefined],
    ["of a guest that did not answer and is started", [{ type: "instance.reset" }, startRequested], undefined],
    ["when it is called off", [calledOff], undefined],
  ] as const)("%s is shown as it is", (_what, then, shown) => {
    expect(viewInstance(stateOf(...due, ...then)).stopsAt).toBe(shown as string);
  });
  test("makes a stop owed, and not before", () => {
    expect([owedEnd(stateOf(...due), second(39)), nextEnd(stateOf(...due), second(39))]).toEqual([
      undefined,
      second(40),
    ]);
    expect(owedEnd(stateOf(...due), second(40))).toBe("stop");
    expect(owedEnd(stateOf(...due, stopRequested), second(40))).toBeUndefined();
  });
  test("comes after the end of one that was made for a time", () => {
    const [launch, ...rest] = due;
    const brief = { ...facts.launchRequested, data: { ...launch?.data, endsAt: second(30) } };
    expect(owedEnd(stateOf(brief, ...rest), second(40))).toBe("delete");
    expect(nextEnd(stateOf(brief, ...rest), second(20))).toBe(second(30));
  });
});

test("history says both in words", () => {
  expect(whatOf("stop-later", { inMs: 600_000 }, "web")).toBe("stop web in 10 min");
  expect(whatOf("stop-never", {}, "web")).toBe("call off the stop of web");
});
