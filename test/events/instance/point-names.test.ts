/** What points are called and the notes that stay with them: rules, folds, undo and rollback. */
import { describe, expect, test } from "bun:test";
import { planRollback } from "../../../src/events/plan.ts";
import { changesOf } from "../../../src/events/projections/changes.ts";
import { whatOf } from "../../../src/events/projections/history.ts";
import { type DoneOperation, inverseOf } from "../../../src/events/undo.ts";
import { type Fact, facts, given, recordOf, second, stopped, worldOf } from "../../spec.ts";

const made = (id: string, name: string): Fact => ({
  type: "instance.point-made",
  data: { id, name, kind: "snapshot", layer: `l-${id}`, next: `n-${id}`, bytes: 1, consistency: "off" },
});
const configured = (key: string, value: string, before: string, name = "good"): Fact => ({
  type: "instance.point-configured",
  operation: "op-5",
  data: { number: 5, deadline: "", point: "p", name, key, value, before },
});
const taken = [...stopped, made("p", "good"), made("q", "other")];
const set = (key: "name" | "comment", value: string, point = "p") =>
  ({ type: "configure-point", id: "i-1", operation: "op-9", deadline: second(59), point, key, value }) as const;
const pointsOf = (...told: readonly Fact[]) =>
  worldOf(told)
    .instances.get("i-1")
    ?.points.map(({ name, comment }) => [name, comment]);

describe("a point", () => {
  test("gets another name, and the same again is nothing", () => {
    given(...taken)
      .when(set("name", "better"))
      .thenEvents([{ type: "instance.point-configured", data: { name: "good", value: "better", before: "good" } }]);
    given(...taken)
      .when(set("name", "good"))
      .thenEvents([]);
    expect(pointsOf(...taken, configured("name", "better", "good"))?.[0]).toEqual(["better", undefined]);
  });
  test("gets a note, which an empty one takes away", () => {
    given(...taken)
      .when(set("comment", "for Ann"))
      .thenEvents([{ data: { key: "comment", value: "for Ann", before: "" } }]);
    const noted = [...taken, configured("comment", "for Ann", "")];
    expect(pointsOf(...noted)?.[0]).toEqual(["good", "for Ann"]);
    expect(pointsOf(...noted, configured("comment", "", "for Ann"))?.[0]).toEqual(["good", undefined]);
  });
  test.each([
    ["a name that another one has", taken, set("name", "other"), "point-exists"],
    ["one that is gone", taken, set("name", "better", "x"), "point-not-found"],
    ["one of a busy instance", [...taken, facts.startRequested], set("name", "better"), "operation-pending"],
    ["one in the trash", [...taken, facts.deleteRequested, facts.deleted], set("comment", "x"), "instance-deleted"],
  ] as const)("is refused: %s", (_what, told, command, code) => {
    given(...told)
      .when(command)
      .thenRefused(code);
  });
});

test("history says what was set, by the point's name of then", () => {
  const { data = {} } = configured("comment", "for Ann", "");
  expect(whatOf("set", data, "web")).toBe("set good.comment=for Ann web");
  const record = recordOf({ type: "instance.point-configured", version: 1, stream: "instance/i-1", data }, 1);
  expect(changesOf(record)).toEqual([{ key: "good.comment", before: null, after: "for Ann" }]);
});

describe("undoing it", () => {
  const doneOf = ({ data = {} }: Fact) =>
    ({ number: 5, kind: "set", stream: "instance/i-1", result: "ok", data }) as unknown as DoneOperation;
  const renamed = configured("name", "better", "good");
  test("gives the value of before back", () => {
    expect(inverseOf(doneOf(renamed), worldOf([...taken, renamed]))).toEqual({
      inverse: { type: "configure-point", id: "i-1", point: "p", key: "name", value: "good" },
      lines: ["web@better is called good again"],
    });
  });
  test("is refused where it was changed since, and where the point is gone", () => {
    const codeOf = (...then: readonly Fact[]) => {
      try {
        return inverseOf(doneOf(renamed), worldOf([...taken, renamed, ...then]));
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(codeOf(configured("name", "best", "better", "better"))).toBe("undo-conflict");
    expect(codeOf({ type: "instance.point-removed", data: { point: "p", name: "better", why: "expired" } })).toBe(
      "point-not-found",
    );
  });
});

test("a rollback sets both back", () => {
  const now = [...taken, configured("name", "better", "good"), configured("comment", "x", "", "better")];
  const { steps, lines } = planRollback(worldOf(now), worldOf(taken));
  expect(steps).toMatchObject([
    { type: "configure-point", key: "name", value: "good" },
    { type: "configure-point", key: "comment", value: "" },
  ]);
  expect(lines[0]).toBe("web@better is called good again");
});
