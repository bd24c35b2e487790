/** Points that operations make by the way, and those that the daemon owes: the rules and the folds. */
import { describe, expect, test } from "bun:test";
import { owedPoint } from "../../../src/events/instance/owed-point.ts";
import type { InstanceState } from "../../../src/events/instance/state.ts";
import { nextStep } from "../../../src/events/instance/steps.ts";
import { createHistoryFold, type HistoryFilter } from "../../../src/events/projections/history.ts";
import { type Fact, facts, given, recordOf, running, second, stopped, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const auto = { id: "p-1", kind: "auto", next: "l-2" } as const;
const wanted = { ...auto, name: "auto1" };
const frozen = { bytes: 10, consistency: "off" } as const;
const missed = { code: "no-space", reason: "the disk is full" };
const asked = (type: string, more: object = {}): Fact => ({
  type,
  operation: "op-2",
  data: { number: 2, deadline: second(59), force: false, wanted, ...more },
});
const made: Fact = { type: "instance.point-made", operation: "op-2", data: { ...wanted, layer: "l-1", ...frozen } };
const stateOf = (...all: readonly Fact[]): InstanceState => {
  const state = worldOf(all).instances.get("i-1");
  if (!state) throw new Error("the instance is gone");
  return state;
};
const ephemeral = running.map((fact, index) =>
  index === 0 ? { ...fact, data: { ...fact.data, ephemeral: true } } : fact,
);

describe("a clean stop", () => {
  test.each([
    ["a stop", { type: "stop", force: false }, running, true],
    ["a restart", { type: "restart", force: false }, running, true],
    ["a delete of what runs", { type: "delete", expires: second(50) }, running, true],
    ["a stop that takes the power", { type: "stop", force: true }, running, false],
    ["a restart that takes the power", { type: "restart", force: true }, running, false],
    ["a delete of what is off", { type: "delete", expires: second(50) }, stopped, false],
    ["a stop of what goes for good then", { type: "stop", force: false }, ephemeral, false],
  ] as const)("%s", (_name, command, before, isKept) => {
    const data = expect.objectContaining({ wanted });
    given(...before)
      .when({ ...command, ...opens, auto })
      .thenEvents([
        { data: isKept ? data : expect.not.objectContaining({ wanted: expect.anything() }) },
        ...rest(command, before),
      ]);
  });
  const rest = ({ type }: { type: string }, before: readonly Fact[]) =>
    type === "delete" && before === stopped ? [{ type: "instance.deleted" }] : [];

  test("records its point and then that the power is off, in one batch; the top is the next layer", () => {
    given(...running, asked("instance.stop-requested"))
      .when({
        type: "step-succeeded",
        ...opens,
        operation: "op-2",
        result: { step: "stop", cause: "user", point: frozen },
      })
      .thenEvents([
        { type: "instance.point-made", data: { ...wanted, layer: "l-1", ...frozen } },
        { type: "instance.stopped", data: { cause: "user" } },
      ]);
    const state = stateOf(...running, asked("instance.stop-requested"), made, facts.stopped("user", "op-2"));
    expect(state).toMatchObject({
      power: "off",
      layer: "l-2",
      points: [{ name: "auto1", kind: "auto", operation: 2, cause: "stop" }],
    });
    expect(state.pending).toBeUndefined();
  });
  test("tells that its point is missed, and stops all the same", () => {
    given(...running, asked("instance.stop-requested"))
      .when({
        type: "step-succeeded",
        ...opens,
        operation: "op-2",
        result: { step: "stop", cause: "user", point: missed },
      })
      .thenEvents([
        { type: "instance.point-missed", data: { name: "auto1", ...missed } },
        { type: "instance.stopped", data: { cause: "user" } },
      ]);
  });
  test("without a change has no point, and the name is given to the next", () => {
    given(...running, asked("instance.stop-requested"))
      .when({ type: "step-succeeded", ...opens, operation: "op-2", result: { step: "stop", cause: "user" } })
      .thenTypes("instance.stopped");
    const world = worldOf([...running, asked("instance.stop-requested"), facts.stopped("user", "op-2")]);
    expect(world.instances.get("i-1")).toMatchObject({ layer: "l-1", points: [], pointCounts: {} });
    // What it was about to make may lie there half-made.
    expect([...world.dropped]).toEqual([["l-2", "layer"]]);
  });
  test("that is part of a restart goes on with the boot", () => {
    const restarting = [...running, asked("instance.restart-requested"), made, facts.stopped("user", "op-2")];
    const { pending, layer } = stateOf(...restarting);
    expect([pending && nextStep(pending), layer]).toEqual(["boot", "l-2"]);
  });
  test("that was given up later takes the power without another point", () => {
    const restarting = [...running, asked("instance.restart-requested"), made, facts.stopped("user", "op-2")];
    const { pending } = stateOf(...restarting, facts.abandoned("op-2", "boot"));
    expect(pending).toMatchObject({ abandoned: {}, done: [] });
    expect(pending && nextStep(pending)).toBe("stop");
  });
});

describe("a disk that grows", () => {
  const resize = asked("instance.resize-requested", { key: "disk", value: 6 * 2 ** 30, before: 5 * 2 ** 30 });
  test("is frozen first", () => {
    given(...running)
      .when({ type: "configure", key: "disk", value: 6 * 2 ** 30, ...opens, auto })
      .thenEvents([{ type: "instance.resize-requested", data: { wanted } }]);
    const { pending } = stateOf(...running, resize);
    expect(pending && nextStep(pending)).toBe("freeze");
    const state = stateOf(...running, resize, made);
    expect([state.pending && nextStep(state.pending), state.layer]).toEqual(["resize", "l-2"]);
    expect(state.points).toMatchObject([{ name: "auto1", specs: { disk: 5 * 2 ** 30 } }]);
  });
  test("grows without a point when that fails, and not at all when it is cancelled", () => {
    const failed = { type: "step-failed", ...opens, operation: "op-2", step: "freeze", ...missed } as const;
    given(...running, resize)
      .when({ ...failed, result: "failed" })
      .thenTypes("instance.point-missed");
    given(...running, resize)
      .when({ ...failed, result: "cancelled" })
      .thenTypes("instance.resize-failed");
    const { pending } = stateOf(...running, resize, {
      type: "instance.point-missed",
      operation: "op-2",
      data: { name: "auto1", ...missed },
    });
    expect(pending && nextStep(pending)).toBe("resize");
  });
  test("of which nothing is to be kept grows at once", () => {
    const { wanted: _, ...data } = resize.data ?? {};
    const { pending } = stateOf(...running, { ...resize, data });
    expect(pending && nextStep(pending)).toBe("resize");
  });
});

test("history names the point of an operation that made one, and none of one that did not", () => {
  const fold = createHistoryFold(10);
  const records = [asked("instance.stop-requested"), made, facts.stopped("user", "op-2")];
  const recorded = records.map(({ type, data = {}, operation }, index) =>
    recordOf({ type, version: 1, stream: "instance/i-1", data }, index + 1, { ...(operation && { operation }) }),
  );
  for (const record of recorded.toReversed()) fold.add(record);
  expect(fold.rows(() => "web")).toMatchObject([{ what: "stop web", result: "ok", point: "auto1" }]);
  const plain = createHistoryFold(10);
  for (const record of recorded.toReversed()) if (record.type !== "instance.point-made") plain.add(record);
  expect(plain.rows(() => "web")[0]?.point).toBeUndefined();
});

describe("a point that nobody asked for is owed", () => {
  const begunMs = Date.parse(stateOf(...running).running?.since ?? "");
  const hourMs = 3_600_000;
  const bySnapshot: Fact = { ...made, operation: "op-5" };
  test.each<[string, readonly Fact[], number, "hourly" | "stopped" | undefined]>([
    ["after an hour", running, begunMs + hourMs, "hourly"],
    ["not before", running, begunMs + hourMs - 1, undefined],
    ["counted from the newest point", [...running, bySnapshot], begunMs + hourMs, undefined],
    ["and again then", [...running, bySnapshot], begunMs + 2 * hourMs, "hourly"],
    ["counted from the start, if that is later", [...stopped, facts.booted()], begunMs + hourMs, undefined],
    ["of a guest that shut itself down, at once", [...running, facts.stopped("guest")], begunMs, "stopped"],
    ["which has one already", [...running, facts.stopped("guest"), bySnapshot], begunMs + 9 * hourMs, undefined],
    ["not of one that somebody stopped", stopped, begunMs + 9 * hourMs, undefined],
    ["not after a crash", [...running, facts.stopped("crash")], begunMs + 9 * hourMs, undefined],
    ["not while an operation is under way", [...running, facts.stopRequested], begunMs + 9 * hourMs, undefined],
    ["not in the trash", [...stopped, facts.deleteRequested, facts.deleted], begunMs + 9 * hourMs, undefined],
    ["not of one that goes for good", ephemeral, begunMs + 9 * hourMs, undefined],
    [
      "not while the guest waits for its disk",
      [...running, { type: "instance.paused", data: { reason: "no space" } }],
      begunMs + 9 * hourMs,
      undefined,
    ],
    [
      "not of one that is suspended",
      [...running, { type: "instance.suspended", data: { memoryBytes: 1, build: "b" } }],
      begunMs + 9 * hourMs,
      undefined,
    ],
  ])("%s", (_name, before, nowMs, owed) => {
    expect(owedPoint(stateOf(...before), nowMs)).toBe(owed);
  });
});

describe("history of points that make themselves", () => {
  const by = { kind: "user", id: "unix:1", name: "ann", role: "admin", via: "unix" } as const;
  const hourly = (number: number, isEnded = true): Fact[] => {
    const operation = `op-${number}`;
    const point = { ...auto, name: `auto${number}` };
    const end = isEnded
      ? { type: "instance.point-made", operation, data: { ...point, layer: "l-1", ...frozen } }
      : { type: "instance.snapshot-failed", operation, data: { step: "freeze", ...missed, result: "failed" } };
    const data = { number, deadline: second(59), wanted: point };
    return [{ type: "instance.snapshot-requested", operation, data }, end];
  };
  const gone = (why: string): Fact => ({ type: "instance.point-removed", data: { point: "p", name: "auto1", why } });
  const asks: Fact = {
    type: "instance.renamed",
    operation: "op-20",
    data: { number: 20, deadline: "", name: "web", before: "db" },
  };
  const rowsOf = (given: readonly Fact[], filter: HistoryFilter = {}) => {
    const fold = createHistoryFold(100, filter);
    const records = given.map(({ type, data = {}, operation }, index) => {
      const whose = { ...(operation !== undefined && { operation }), ...(type === "instance.renamed" && { by }) };
      return recordOf({ type, version: 1, stream: "instance/i-1", data }, index + 1, whose);
    });
    for (const record of records.toReversed()) fold.add(record);
    return fold.rows(() => "web").map(({ what, point }) => (point === undefined ? what : `${what} (${point})`));
  };
  const days = [...hourly(2), ...hourly(3), gone("thinned"), asks, ...hourly(4), gone("limit"), ...hourly(5)];

  test("counts them together, until something else lies between", () =>
    expect(rowsOf(days)).toEqual([
      "automatic points of web: 2 made, 1 gone (auto5)",
      "rename db to web",
      "automatic points of web: 2 made, 1 gone (auto3)",
    ]));
  test("has a line for each that failed, and for what was to expire", () =>
    expect(rowsOf([...hourly(2), ...hourly(3, false), gone("expired"), gone("thinned")])).toEqual([
      "automatic points of web: 1 gone",
      "point auto1 expired: web",
      "snapshot web@auto3",
      "automatic points of web: 1 made (auto2)",
    ]));
  test("lists each where less than all is asked for", () =>
    expect(rowsOf(days, { type: "snapshot" })).toEqual(
      [5, 4, 3, 2].map((each) => `snapshot web@auto${each} (auto${each})`),
    ));
  test("has at most so many in a row", () =>
    expect(rowsOf(Array.from({ length: 130 }, () => gone("thinned")))).toEqual([
      "automatic points of web: 100 gone",
      "automatic points of web: 30 gone",
    ]));
});
