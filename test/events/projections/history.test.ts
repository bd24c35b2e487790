import { describe, expect, test } from "bun:test";
import { createHistoryFold } from "../../../src/events/projections/history.ts";
import { viewOperation } from "../../../src/events/projections/operation.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { explainInstance } from "../../../src/events/projections/explain.ts";
import { type Fact, facts, recordOf, running, second, stopped, worldOf } from "../../spec.ts";

const user = { kind: "user", id: "unix:1", name: "ann", role: "admin", via: "unix" } as const;
const session = (id: string): Fact => ({
  type: "instance.session-started",
  data: { session: id, kind: "exec", arguments: 0, terminal: false },
});
const sessionEnd = (id: string, result: string): Fact => ({
  type: "instance.session-ended",
  data: { session: id, result },
});

const recordsOf = (given: readonly Fact[]) =>
  given.map(({ type, data = {}, operation }, index) =>
    recordOf({ type, version: 1, stream: "instance/i-1", data }, index + 1, {
      by: user,
      ...(operation === undefined ? {} : { operation }),
    }),
  );

function historyOf(given: readonly Fact[], limit = 100) {
  const fold = createHistoryFold(limit);
  for (const record of recordsOf(given).toReversed()) if (!fold.add(record)) break;
  return fold.rows((id) => (id === "i-1" ? "web" : undefined));
}

describe("history", () => {
  test("has one line per operation, newest first, with its result and duration", () => {
    const rows = historyOf([...running, facts.stopRequested, facts.stopped("user", "op-2")]);
    expect(rows.map(({ number, what, result, who }) => [number, what, result, who])).toEqual([
      [2, "stop web", "ok", "ann"],
      [1, "launch web", "ok", "ann"],
    ]);
    expect(rows[1]?.durationMs).toBe(6000);
  });
  test("shows what is still under way as pending", () =>
    expect(historyOf([...stopped, facts.startRequested])[0]?.result).toBe("pending"));
  test("shows a failure", () => {
    const failed = {
      type: "instance.start-failed",
      operation: "op-2",
      data: { step: "boot", code: "c", reason: "r", result: "timeout" },
    };
    expect(historyOf([...stopped, facts.startRequested, failed])[0]?.result).toBe("timeout");
  });
  test("counts neighbouring sessions together, with the newest result", () => {
    const rows = historyOf([...running, session("a"), sessionEnd("a", "0"), session("b"), sessionEnd("b", "127")]);
    expect(rows.map(({ what, result }) => [what, result])).toEqual([
      ["exec x2", "127"],
      ["launch web", "ok"],
    ]);
  });
  test("tells what happened by itself", () =>
    expect(historyOf([...running, facts.stopped("guest")])[0]?.what).toBe("guest stopped web"));
  test("stops at its limit", () =>
    expect(historyOf([...running, facts.stopRequested, facts.stopped("user", "op-2")], 1)).toHaveLength(1));
});

describe("the record of an operation", () => {
  test("has request, result, duration, artefacts and every event", () => {
    const record = viewOperation(recordsOf(running), () => "web");
    expect(record).toMatchObject({
      number: 1,
      kind: "launch",
      result: "ok",
      durationMs: 6000,
      instance: { name: "web" },
    });
    expect(record.events).toHaveLength(7);
    expect(record.artefacts).toEqual([{ what: "layer", name: "l-1" }]);
    expect(record.changes).toContainEqual({ key: "cpus", before: null, after: 1 });
  });
});

describe("explain", () => {
  const explain = (...given: readonly Fact[]) => {
    const state = worldOf(given).instances.get("i-1");
    if (!state) throw new Error("no instance");
    return explainInstance(state, Date.parse(second(30)));
  };
  test("names the step and the time left of what is under way", () => {
    const { summary, next } = explain(...stopped, facts.startRequested);
    expect(summary).toContain('at its step "boot"; it is given up in 29.0 s');
    expect(next).toBe("strata cancel 2");
  });
  test("names the step that failed, and why", () => {
    const failed = {
      type: "instance.start-failed",
      operation: "op-2",
      data: { step: "boot", code: "c", reason: "no memory", result: "failed" },
    };
    expect(explain(...stopped, facts.startRequested, failed).summary).toBe(
      'it was stopped by a command; operation 2 failed at its step "boot": no memory',
    );
  });
  test("says that a guest which does not answer has a console", () =>
    expect(explain(...running, { type: "instance.reset" }).next).toBe("strata console web"));
});

describe("a launch with a cloud-init text", () => {
  const cloudInit = { sha256: "c".repeat(64), bytes: 20 };
  const requested = { ...facts.launchRequested, data: { ...facts.launchRequested.data, cloudInit } };
  const failure = {
    type: "instance.launch-failed",
    operation: "op-1",
    data: { step: "cloud-init", code: "cloud-init-failed", reason: "runcmd: 3", result: "failed", kept: true },
  };
  const given = [
    requested,
    facts.imageReady,
    facts.diskCreated,
    facts.booted("op-1"),
    facts.reachable("op-1"),
    failure,
  ];
  const state = () => worldOf(given).instances.get("i-1") ?? expect.unreachable();

  test("is told with its digest and size", () => {
    expect(viewInstance(state()).cloudInit).toEqual(cloudInit);
    expect(viewOperation(recordsOf(given), () => "web")).toMatchObject({ request: { cloudInit }, result: "failed" });
  });
  test("that failed in the guest is explained, with where to look", () => {
    const { summary, next } = explainInstance(state(), 0);
    expect(summary).toContain('failed at its step "cloud-init": runcmd: 3');
    expect(next).toBe("strata exec web -- sudo cat /var/log/cloud-init-output.log");
  });
});
