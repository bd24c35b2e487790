/** What undo and redo are about: found by reading the log backwards, and the inverse that it means. */
import { describe, expect, test } from "bun:test";
import { findOperation, findRedo, findUndo } from "../../src/daemon/undo.ts";
import { UserError } from "../../src/errors.ts";
import { type Actor, daemonActor, type Recorded } from "../../src/events/envelope.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { inverseOf } from "../../src/events/undo.ts";
import { undoRows } from "../../src/model/undo.ts";
import { OperationKind } from "../../src/model/operation.ts";
import { type Fact, facts, recordOf, running, second, stopped, worldOf } from "../spec.ts";

const me: Actor = { ...daemonActor, kind: "user", id: "unix:1", name: "me" };
const other: Actor = { ...me, id: "unix:2", name: "other" };

/** A log of these facts, all by the same user unless they say otherwise. */
function logOf(all: readonly (Fact & { by?: Actor; stream?: string })[]): EventLog {
  const records = all.map(({ type, data = {}, operation, by = me, stream = "instance/i-1" }, index) =>
    recordOf({ type, version: 1, stream, data }, index + 1, { by, ...(operation !== undefined && { operation }) }),
  );
  const log: Pick<EventLog, "durable" | "read"> = {
    durable: () => records.length,
    async *read({ reverse }) {
      yield* (reverse ? records.toReversed() : records) as Recorded[];
    },
  };
  return log as EventLog;
}

const configured = (number: number, value: number, before: number, more: object = {}): Fact => ({
  type: "instance.configured",
  operation: `op-${number}`,
  data: { number, deadline: second(59), key: "cpus", value, before, ...more },
});
const exec: Fact = {
  type: "instance.session-started",
  data: { session: "s", kind: "exec", program: "true", arguments: 0, terminal: false },
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: unknown) => (error instanceof UserError ? error.code : String(error)),
  );

describe("plain undo", () => {
  test("is about the newest change of the caller; exec, start and stop are passed over and counted", async () => {
    const found = await findUndo(
      logOf([
        ...stopped,
        configured(2, 2, 1),
        { ...configured(3, 3, 2), by: other },
        exec,
        exec,
        facts.stopRequested,
        facts.stopped("user", "op-2"),
      ]),
      me.id,
    );
    expect(found.done).toMatchObject({ number: 2, kind: "set" });
    expect(found.since).toEqual(["2 exec", "1 stop"]);
  });
  test("goes one further back each time, past what is undone and what undid it", async () => {
    const log = logOf([...stopped, configured(2, 2, 1), configured(3, 3, 2), configured(4, 2, 3, { undoes: 3 })]);
    expect((await findUndo(log, me.id)).done.number).toBe(2);
  });
  test("comes to an operation again that was done again", async () => {
    const log = logOf([
      ...stopped,
      configured(2, 2, 1),
      configured(3, 1, 2, { undoes: 2 }),
      configured(4, 2, 1, { redoes: 2 }),
    ]);
    expect((await findUndo(log, me.id)).done.number).toBe(2);
  });
  test("passes over what failed, and finds nothing in an empty log", async () => {
    const failed: Fact[] = [
      {
        type: "instance.resize-requested",
        operation: "op-2",
        data: { number: 2, deadline: second(59), key: "disk", value: 9, before: 5 },
      },
      {
        type: "instance.resize-failed",
        operation: "op-2",
        data: { step: "resize", code: "x", reason: "y", result: "failed" },
      },
    ];
    expect((await findUndo(logOf([...stopped, ...failed]), me.id)).done.kind).toBe("launch");
    expect(await codeOf(findUndo(logOf([]), me.id))).toBe("nothing-to-undo");
    expect(await codeOf(findUndo(logOf(stopped), other.id))).toBe("nothing-to-undo");
  });
});

describe("undo of an operation by its number", () => {
  test("is refused when it is undone, unknown, failed or under way", async () => {
    const log = logOf([
      ...stopped,
      configured(2, 2, 1),
      configured(3, 1, 2, { undoes: 2 }),
      { ...facts.startRequested, operation: "op-4", data: { number: 4, deadline: "" } },
    ]);
    expect(await codeOf(findOperation(log, 2))).toBe("already-undone");
    expect(await codeOf(findOperation(log, 9))).toBe("operation-not-found");
    expect(await codeOf(findOperation(log, 4))).toBe("operation-pending");
    expect((await findOperation(log, 1)).done.kind).toBe("launch");
  });
});

describe("redo", () => {
  const undone = [...stopped, configured(2, 2, 1), configured(3, 1, 2, { undoes: 2 })];
  test("takes the newest undo back, until something else changes the same", async () => {
    expect(await findRedo(logOf(undone), me.id)).toMatchObject({ done: { number: 3 }, about: { number: 2 } });
    expect(await codeOf(findRedo(logOf([...undone, configured(4, 5, 1)]), me.id))).toBe("redo-overtaken");
    expect(await codeOf(findRedo(logOf([...undone, { ...configured(4, 5, 1), stream: "instance/i-2" }]), me.id))).toBe(
      "found",
    );
  });
  test("goes back through several undos, and ends when all are done again", async () => {
    const twice = [
      ...stopped,
      configured(2, 2, 1),
      configured(3, 3, 2),
      configured(4, 2, 3, { undoes: 3 }),
      configured(5, 1, 2, { undoes: 2 }),
    ];
    expect((await findRedo(logOf(twice), me.id)).about.number).toBe(2);
    const once = [...twice, configured(6, 2, 1, { redoes: 2 })];
    expect((await findRedo(logOf(once), me.id)).about.number).toBe(3);
    expect(await codeOf(findRedo(logOf([...once, configured(7, 3, 2, { redoes: 3 })]), me.id))).toBe("nothing-to-redo");
  });
});

describe("the inverse", () => {
  const doneOf = (kind: OperationKind, data: object, stream = "instance/i-1") => ({
    number: 2,
    id: "op-2",
    kind,
    stream,
    by: me,
    time: second(1),
    position: 9,
    result: "ok" as const,
    data: data as Record<string, unknown>,
  });
  const world = worldOf([...stopped, configured(2, 2, 1)]);
  const refusal = (work: () => unknown): string => {
    try {
      work();
      return "allowed";
    } catch (error) {
      return error instanceof UserError ? error.code : String(error);
    }
  };
  test("of each kind that has one", () => {
    expect(inverseOf(doneOf("launch", {}), world).inverse).toEqual({ type: "delete", id: "i-1" });
    expect(inverseOf(doneOf("set", { key: "cpus", value: 2, before: 1 }), world).inverse).toEqual({
      type: "configure",
      id: "i-1",
      key: "cpus",
      value: 1,
    });
    expect(inverseOf(doneOf("rename", { name: "web", before: "old" }), world).inverse).toMatchObject({ name: "old" });
    const setting = doneOf("set", { key: "images.keep", value: "14d", before: "2d" }, "settings/daemon");
    expect(inverseOf(setting, world).inverse).toEqual({ type: "change-setting", key: "images.keep", value: "2d" });
    const deleted = worldOf([...stopped, facts.deleteRequested, facts.deleted]);
    expect(inverseOf(doneOf("delete", {}), deleted).inverse).toEqual({ type: "recover", id: "i-1" });
  });
  test("of a restore goes to the branch that kept the present; without one it says so", () => {
    const branch: Fact = {
      type: "instance.point-made",
      data: { id: "p-b", name: "branch1", kind: "branch", layer: "l-1", next: "l-2", bytes: 1, consistency: "off" },
    };
    const kept = worldOf([...stopped, branch]);
    expect(inverseOf(doneOf("restore", { keep: { id: "p-b", name: "branch1" } }), kept).inverse).toEqual({
      type: "restore",
      id: "i-1",
      to: "p-b",
    });
    expect(refusal(() => inverseOf(doneOf("restore", {}), kept))).toBe("not-undoable");
    expect(refusal(() => inverseOf(doneOf("restore", { keep: { id: "gone", name: "b" } }), kept))).toBe(
      "point-not-found",
    );
  });
  test("is refused where something changed since, and for what has none", () => {
    expect(refusal(() => inverseOf(doneOf("set", { key: "cpus", value: 7, before: 1 }), world))).toBe("undo-conflict");
    expect(refusal(() => inverseOf(doneOf("set", { key: "disk", value: 9, before: 1 }), world))).toBe("not-undoable");
    expect(refusal(() => inverseOf(doneOf("rename", { name: "x", before: "y" }), world))).toBe("undo-conflict");
    expect(refusal(() => inverseOf(doneOf("delete", {}), world))).toBe("undo-conflict");
    for (const kind of OperationKind.options)
      if (undoRows[kind].undo !== "yes")
        expect(refusal(() => inverseOf(doneOf(kind, {}), worldOf(running)))).toBe("not-undoable");
  });
});
