import { describe, expect, test } from "bun:test";
import { createHistoryFold, type HistoryFilter } from "../../../src/events/projections/history.ts";
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

const recordsOf = (given: readonly (Fact & { readonly reason?: string })[]) =>
  given.map(({ type, data = {}, operation, reason }, index) =>
    recordOf({ type, version: 1, stream: "instance/i-1", data }, index + 1, {
      by: user,
      ...(operation === undefined ? {} : { operation }),
      ...(reason === undefined ? {} : { reason }),
    }),
  );

function historyOf(given: readonly (Fact & { readonly reason?: string })[], limit = 100, filter: HistoryFilter = {}) {
  const fold = createHistoryFold(limit, filter);
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

describe("a filtered history", () => {
  const stopping = [{ ...facts.stopRequested, reason: "Cleaning up" }, facts.stopped("user", "op-2")];
  test("has what fits in all that was asked for", () => {
    const whats = (filter: HistoryFilter) => historyOf([...running, ...stopping], 100, filter).map(({ what }) => what);
    expect(whats({ reason: "cleaning" })).toEqual(["stop web"]);
    expect(whats({ reason: "cleaning", type: "launch" })).toEqual([]);
    expect(whats({ type: "launch", actor: "ann" })).toEqual(["launch web"]);
    expect(whats({ actor: "bob" })).toEqual([]);
  });
  test("reads on until its limit of rows that fit is reached", () => {
    expect(historyOf([...running, ...stopping], 1, { type: "launch" }).map(({ what }) => what)).toEqual(["launch web"]);
  });
  test("does not count sessions together that something else lay between", () => {
    const rows = historyOf([session("a"), sessionEnd("a", "0"), ...stopping, session("b")], 100, { type: "exec" });
    expect(rows.map(({ what }) => what)).toEqual(["exec x1", "exec x1"]);
  });
});

describe("the history of a key", () => {
  const set = (operation: string, key: string, value: unknown, before: unknown): Fact => ({
    type: key === "disk" ? "instance.resize-requested" : "instance.configured",
    operation,
    data: { number: 5, deadline: "", key, value, before },
  });
  const resized = { type: "instance.resized", operation: "op-6", data: { disk: 8, isGrown: true } };
  const resizeFailed = {
    type: "instance.resize-failed",
    operation: "op-7",
    data: { step: "resize", code: "c", reason: "r", result: "failed" },
  };
  const given = [
    ...stopped,
    set("op-5", "cpus", 4, 1),
    set("op-6", "disk", 8, 5),
    resized,
    set("op-7", "disk", 9, 8),
    resizeFailed,
    set("op-8", "autostart", "no", "last"),
  ];
  const changes = (key: string) => historyOf(given, 100, { key }).map(({ change }) => change);
  test("has who set it, with before and after, from its launch on", () => {
    expect(changes("cpus")).toEqual([
      { key: "cpus", before: 1, after: 4 },
      { key: "cpus", before: null, after: 1 },
    ]);
    expect(changes("autostart")).toEqual([{ key: "autostart", before: "last", after: "no" }]);
    expect(historyOf(given, 100, { key: "cpus" })[0]).toMatchObject({ who: "ann", what: "set cpus=4 web" });
  });
  test("leaves out what was tried and failed", () => {
    expect(changes("disk").map((change) => change?.after)).toEqual([8, 5 * 2 ** 30]);
  });
  test("is empty for what nobody ever set", () => expect(changes("constructor")).toEqual([]));
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
