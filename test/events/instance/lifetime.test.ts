/** Labels, and instances that were made for a time: the rules, and what they fold to. */
import { describe, expect, test } from "bun:test";
import { owedEnd } from "../../../src/events/instance/lifetime.ts";
import { changesOf } from "../../../src/events/projections/changes.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { type Fact, facts, given, recordOf, running, second, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const launchedWith = (more: Record<string, unknown>, ...then: readonly Fact[]): readonly Fact[] => [
  { ...facts.launchRequested, data: { ...facts.launchRequested.data, ...more } },
  ...running.slice(1),
  ...then,
];
const stateOf = (...told: readonly Fact[]) => worldOf(told).instances.get("i-1") ?? expect.unreachable();
const labelled = (label: string, value: string, before: string): Fact => ({
  type: "instance.configured",
  operation: "op-5",
  data: { number: 5, deadline: "", key: "label", label, value, before },
});
const setLabel = (label: string, value: string) =>
  ({ type: "configure", ...opens, key: "label", label, value }) as const;

describe("a launch", () => {
  const { number: _, ordinal: _ordinal, address: _address, ...asked } = facts.launchRequested.data;
  test("records its labels and its time", () => {
    const more = { labels: { use: "demo" }, endsAt: second(40), ephemeral: true };
    given()
      .when({ type: "launch", ...opens, ...asked, ...more })
      .thenEvents([{ type: "instance.launch-requested", data: more }]);
    expect(viewInstance(stateOf(...launchedWith(more)))).toMatchObject(more);
  });
  test("without them records and shows none", () => {
    expect(Object.keys(viewInstance(stateOf(...running)))).not.toContain("labels");
    given()
      .when({ type: "launch", ...opens, ...asked })
      .thenEvents([{ data: expect.not.objectContaining({ labels: expect.anything() }) }]);
  });
});

describe("a label", () => {
  test("is set and taken away, also while it runs; the same again is nothing", () => {
    given(...running)
      .when(setLabel("use", "demo"))
      .thenEvents([{ data: { label: "use", value: "demo", before: "" } }]);
    const demo = [...running, labelled("use", "demo", "")];
    given(...demo)
      .when(setLabel("use", "demo"))
      .thenEvents([]);
    given(...demo)
      .when(setLabel("use", ""))
      .thenEvents([{ data: { label: "use", value: "", before: "demo" } }]);
    given(...running)
      .when(setLabel("use", ""))
      .thenEvents([]);
    expect(viewInstance(stateOf(...demo)).labels).toEqual({ use: "demo" });
    expect(viewInstance(stateOf(...demo, labelled("use", "", "demo"))).labels).toBeUndefined();
  });
  test("is refused beyond the 32nd, which can still be changed", () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`k${index}`, "v"]));
    const full = launchedWith({ labels });
    given(...full)
      .when(setLabel("more", "v"))
      .thenRefused("labels-too-many");
    given(...full)
      .when(setLabel("k7", "w"))
      .thenTypes("instance.configured");
    given(...full)
      .when(setLabel("k7", ""))
      .thenTypes("instance.configured");
  });
  test("is shown in the order of the keys", () => {
    const { labels } = viewInstance(stateOf(...launchedWith({ labels: { b: "2", a: "1" } })));
    expect(Object.keys(labels ?? {})).toEqual(["a", "b"]);
  });
  test("is a key of the history", () => {
    const record = (fact: Fact) => recordOf({ type: fact.type, version: 1, stream: "s", data: fact.data ?? {} }, 1);
    expect(changesOf(record(labelled("use", "demo", "")))).toEqual([{ key: "label.use", before: null, after: "demo" }]);
    const [launch] = launchedWith({ labels: { use: "demo" } });
    expect(launch && changesOf(record(launch))).toContainEqual({ key: "label.use", before: null, after: "demo" });
  });
});

describe("what is owed at its end", () => {
  const brief = { endsAt: second(40) };
  const ephemeral = { ephemeral: true };
  const off = facts.stopped("guest");
  const crashed = facts.stopped("crash");
  const suspended: Fact = { type: "instance.suspended", data: { memoryBytes: 1, build: "b" } };
  test.each([
    ["one without an end", running, undefined],
    ["one whose time is to come", launchedWith({ endsAt: second(50) }), undefined],
    ["one whose time is over", launchedWith(brief), "delete"],
    ["one whose time is over, and which is off", launchedWith(brief, off), "delete"],
    ["one that is busy", launchedWith(brief, facts.stopRequested), undefined],
    ["one that is in the trash already", launchedWith(brief, facts.deleteRequested, facts.deleted), undefined],
    ["an ephemeral one that runs", launchedWith(ephemeral), undefined],
    ["an ephemeral one that stopped", launchedWith(ephemeral, off), "purge"],
    ["an ephemeral one that crashed", launchedWith(ephemeral, crashed), "purge"],
    ["an ephemeral one that sleeps", launchedWith(ephemeral, suspended), undefined],
    ["an ephemeral one whose time is over", launchedWith({ ...ephemeral, ...brief }), "purge"],
    [
      "an ephemeral one that is stopped to be started again",
      launchedWith(ephemeral, facts.restartRequested, facts.stopped("user", "op-2")),
      undefined,
    ],
    ["an ephemeral one in the trash", launchedWith(ephemeral, off, facts.deleteRequested, facts.deleted), "purge"],
  ] as [string, readonly Fact[], string | undefined][])("%s", (_what, told, owed) => {
    expect(owedEnd(stateOf(...told), second(40))).toBe(owed as undefined);
  });

  test("who is taken out of the trash after its time is wanted; before it, the time still counts", () => {
    const recovered: Fact = { type: "instance.recovered", operation: "op-8", data: { number: 8, deadline: "" } };
    const trashed = (endsAt: string) => launchedWith({ endsAt }, facts.deleteRequested, facts.deleted, recovered);
    expect(stateOf(...trashed(second(3))).endsAt).toBeUndefined();
    expect(stateOf(...trashed(second(40))).endsAt).toBe(second(40));
  });
});
