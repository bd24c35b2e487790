/** The planner of rollbacks, and the rollback that carries a plan out: rules and folds. */
import { describe, expect, test } from "bun:test";
import { decide } from "../../src/events/decide.ts";
import { planRollback } from "../../src/events/plan.ts";
import { evolveWorld, type World } from "../../src/events/world.ts";
import { type Fact, facts, given, recordOf, second, stopped, worldOf } from "../spec.ts";

const intent = (number: number) => ({ number, deadline: second(59) });
const configured = (value: number, before: number): Fact => ({
  type: "instance.configured",
  operation: "op-2",
  data: { ...intent(2), key: "cpus", value, before },
});
const pointMade: Fact = {
  type: "instance.point-made",
  data: { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "off" },
};
const purged: readonly Fact[] = [facts.purgeRequested, { type: "instance.purged", operation: "op-4" }];
const typesOf = (now: readonly Fact[], then: readonly Fact[]) =>
  planRollback(worldOf(now), worldOf(then)).steps.map(({ type }) => type);

describe("the plan", () => {
  test("is empty when nothing is different", () => expect(typesOf(stopped, stopped)).toEqual([]));
  test("sets keys and names back, and takes out of the trash what was not in it", () => {
    const renamed: Fact = {
      type: "instance.renamed",
      operation: "op-3",
      data: { ...intent(3), name: "shop", before: "web" },
    };
    expect(typesOf([...stopped, configured(2, 1), renamed, facts.deleted], stopped)).toEqual([
      "recover",
      "rename",
      "configure",
    ]);
  });
  test("puts into the trash what was not there yet, or was in it", () => {
    expect(typesOf(stopped, [])).toEqual(["delete"]);
    expect(typesOf(stopped, [...stopped, facts.deleteRequested, facts.deleted])).toEqual(["delete"]);
  });
  test("goes back to the newest point from before, and says which disk has none", () => {
    const restarted = [facts.booted("op-2"), facts.reachable("op-2")];
    const then = [...stopped, pointMade];
    expect(typesOf([...then, ...restarted], then)).toEqual(["restore"]);
    const plan = planRollback(worldOf([...stopped, ...restarted]), worldOf(stopped));
    expect(plan.steps).toEqual([]);
    expect(plan.remains).toEqual(["the disk of web stays as it is: it has no point from that time"]);
  });
  test("of undoing a rollback goes to the branch that it left, and leaves alone what it left alone", () => {
    const branch: Fact = {
      type: "instance.point-made",
      data: { id: "p-b", name: "branch1", kind: "branch", layer: "l-2", next: "l-3", bytes: 1, consistency: "off" },
    };
    const restoring: Fact = {
      type: "instance.restore-requested",
      operation: "op-6",
      data: {
        ...intent(6),
        to: { point: "p", name: "good", layer: "l-1" },
        specs: { cpus: 1, memory: 1, disk: 1 },
        next: "l-4",
        isRunning: false,
      },
    };
    const then = [...stopped, pointMade];
    const undo = (facts: readonly Fact[]) => planRollback(worldOf(facts), worldOf(then), 5).steps;
    expect(undo([...then, restoring, { ...branch, operation: "op-6" }])).toMatchObject([
      { type: "restore", to: "p-b" },
    ]);
    expect(undo([...then, facts.booted("op-2"), facts.reachable("op-2")])).toEqual([]);
  });
  test("does not touch a disk that has not changed since, and says what was purged", () => {
    expect(typesOf([...stopped, pointMade, configured(2, 1)], [...stopped, pointMade])).toEqual(["configure"]);
    expect(planRollback(worldOf([...stopped, ...purged]), worldOf(stopped)).remains).toEqual([
      "web does not come back: it was purged",
    ]);
  });
});

describe("a rollback", () => {
  const plan = [
    { type: "configure", id: "i-1", key: "cpus", value: 4 },
    { type: "delete", id: "i-1" },
  ] as const;
  const requested: Fact = {
    type: "rollback.requested",
    operation: "op-5",
    data: { ...intent(5), to: { position: 1, time: second(1) }, plan },
  };
  const worldWith = (...more: readonly Fact[]): World => {
    const world = worldOf(stopped);
    [requested, ...more].forEach(({ type, data = {}, operation }, index) =>
      evolveWorld(
        world,
        recordOf({ type, version: 1, stream: "rollback/op-5", data }, 100 + index, {
          ...(operation !== undefined && { operation }),
        }),
      ),
    );
    return world;
  };
  const begin = {
    type: "begin-step",
    rollback: "op-5",
    index: 0,
    command: { type: "configure", id: "i-1", operation: "op-6", deadline: second(59), key: "cpus", value: 4 },
  } as const;
  const stepEnded = (index: number, failure?: object): Fact => ({
    type: "rollback.step-ended",
    operation: "op-5",
    data: { rollback: "op-5", index, ...(failure && { failure }) },
  });
  const typesOf2 = (world: World, command: Parameters<typeof decide>[0]) =>
    decide(command, world).map(({ type }) => type);

  test("is nothing when there is nothing to do", () =>
    given(...stopped)
      .when({
        type: "rollback",
        operation: "op-5",
        deadline: second(59),
        to: { position: 1, time: second(1) },
        plan: [],
      })
      .thenTypes());
  test("begins a step in one batch with what its command yields, and each step once", () => {
    expect(typesOf2(worldWith(), begin)).toEqual(["rollback.step-begun", "instance.configured"]);
    const begun: Fact = { type: "rollback.step-begun", operation: "op-6", data: { rollback: "op-5", index: 0 } };
    expect(typesOf2(worldWith(begun), begin)).toEqual([]);
    expect(worldWith(begun).rollbacks.get("op-5")).toMatchObject({ current: "op-6", ended: 0 });
  });
  test("ends with its last step, and as failed when one of them did", () => {
    const end = { type: "end-step", rollback: "op-5", index: 1 } as const;
    expect(typesOf2(worldWith(), { ...end, index: 0 })).toEqual(["rollback.step-ended"]);
    expect(typesOf2(worldWith(stepEnded(0)), end)).toEqual(["rollback.step-ended", "rollback.ended"]);
    const failure = { code: "x", reason: "y" };
    expect(typesOf2(worldWith(stepEnded(0, failure)), end)).toEqual(["rollback.step-ended", "rollback.failed"]);
    expect(typesOf2(worldWith(stepEnded(0)), { ...end, failure })).toEqual(["rollback.step-ended", "rollback.failed"]);
    expect(worldWith(stepEnded(0), stepEnded(1), { type: "rollback.ended", data: { steps: 2 } }).rollbacks.size).toBe(
      0,
    );
  });
  test("that is cancelled begins no further step, and ends as cancelled", () => {
    const cancelled: Fact = { type: "rollback.cancel-requested", operation: "op-5" };
    expect(typesOf2(worldWith(), { type: "cancel-rollback", rollback: "op-5" })).toEqual(["rollback.cancel-requested"]);
    expect(typesOf2(worldWith(cancelled), begin)).toEqual([]);
    const [, failed] = decide({ type: "end-step", rollback: "op-5", index: 0 }, worldWith(cancelled));
    expect(failed).toMatchObject({ type: "rollback.failed", data: { result: "cancelled" } });
  });
});
