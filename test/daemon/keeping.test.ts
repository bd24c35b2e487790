/** The keeper: points whose time is over go, files that nothing needs are put aside, and what is needed or about to be stays. */
import { expect, test } from "bun:test";
import { startKeeper } from "../../src/daemon/keeping.ts";
import type { MergePlan } from "../../src/drivers/driver.ts";
import type { Command } from "../../src/events/decide.ts";
import type { World } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, running, second, worldOf } from "../spec.ts";

const kept = { memory: "m-1", memoryBytes: 1, build: "b", accelerator: "tcg" };
const made = (name: string, layer: string, next: string, more: object = {}): Fact => ({
  type: "instance.point-made",
  data: { id: `p-${name}`, name, kind: "snapshot", layer, next, bytes: 1, consistency: "off", ...more },
});

/** Rounds of a keeper over this world; what it asked for. */
async function round(
  world: World,
  isWritable = true,
  merge?: () => Promise<{ bytes: number }>,
  rounds = 1,
  isMergeAwaited = true,
) {
  const told: Command[] = [];
  const discarded: { layers: readonly string[]; memories: readonly string[]; quarantine: boolean }[] = [];
  const emptied: number[] = [];
  const merged: MergePlan[] = [];
  const reported: string[] = [];
  const never = () => Promise.reject(new Error("bug: nobody asked for that"));
  const keeper = startKeeper({
    dispatcher: {
      world: () => world,
      dispatch: async (command) => {
        told.push(command);
        return [];
      },
      remembered: () => undefined,
      read: async (compute) => compute(world),
    },
    driver: {
      snapshots: {
        discard: async (what) => void discarded.push(what),
        empty: async (ms) => void emptied.push(ms),
        freeze: never,
        isWritten: never,
        check: never,
        rewind: never,
        take: never,
        merge: merge ? (plan) => (merged.push(plan), merge()) : never,
      },
    },
    directory: "/data",
    files: { space: async () => ({ freeBytes: 2 ** 33, totalBytes: 2 ** 33 }) },
    clock: createSimulatedClock(),
    ids: { next: () => "c", bytes: (length) => new Uint8Array(length) },
    isWritable: () => isWritable,
    report: (line) => void reported.push(line),
  });
  for (let count = 0; count < rounds; count++) {
    await keeper.round();
    if (isMergeAwaited) await keeper.merged();
  }
  keeper.close();
  return { told, discarded, emptied, ...(merge && { merged, reported }) };
}

const past = "2000-01-01T00:00:00.000Z";
const later = "2999-01-01T00:00:00.000Z";

test("a point whose time is over is removed, unless it is held or its time is to come", async () => {
  const held: Fact = {
    type: "instance.point-held",
    operation: "op-5",
    data: { number: 5, deadline: second(59), point: "p-b", name: "b" },
  };
  const world = worldOf([
    ...running,
    made("a", "l-1", "l-2", { expires: past }),
    made("b", "l-2", "l-3", { expires: past }),
    held,
    made("c", "l-3", "l-4", { expires: later }),
    made("d", "l-4", "l-5"),
  ]);
  expect((await round(world)).told).toEqual([{ type: "remove-point", id: "i-1", point: "p-a", why: "expired" }]);
});

const wanted = { id: "p-x", name: "x", kind: "snapshot", next: "l-9", memory: "m-9" };
const requested: Fact = {
  type: "instance.snapshot-requested",
  operation: "op-6",
  data: { number: 6, deadline: second(59), wanted },
};

test("what the log let go of is put aside, and that is an event; what operations under way make is not", async () => {
  const gone: Fact = { type: "instance.point-removed", data: { point: "p-b", name: "b", why: "expired" } };
  const world = worldOf([...running, made("a", "l-1", "l-2"), made("b", "l-2", "l-3", { kept }), gone, requested]);
  const { discarded, told, emptied } = await round(world);
  // The layer stays: the top stands on it.
  expect(discarded).toEqual([{ layers: [], memories: ["m-1"], quarantine: true }]);
  expect(told).toMatchObject([{ type: "note", event: { type: "layers.discarded", data: { gone: ["m-1"] } } }]);
  expect(emptied).toEqual([3_600_000]);
});

test("what an operation was about to make, and has not made, is put aside", async () => {
  const failed: Fact = {
    type: "instance.snapshot-failed",
    operation: "op-6",
    data: { step: "freeze", code: "x", reason: "y", result: "failed" },
  };
  const { discarded } = await round(worldOf([...running, requested, failed]));
  expect(discarded).toEqual([{ layers: ["l-9"], memories: ["m-9"], quarantine: true }]);
});

const a = made("a", "l-1", "l-2");
const removed = (name: string): Fact => ({
  type: "instance.point-removed",
  data: { point: `p-${name}`, name, why: "expired" },
});
const needless = [...running, a, made("b", "l-2", "l-3"), made("c", "l-3", "l-4"), removed("b")];

test("a layer that no point needs goes into the one above it, and that is an event; what is let go of waits for a round", async () => {
  const { merged, told, discarded } = await round(worldOf(needless), true, async () => ({ bytes: 7 }));
  expect(merged).toEqual([{ layer: "l-3", from: ["l-2"], parent: "l-1", machines: ["i-1"] }]);
  const data = { layer: "l-3", from: ["l-2"], parent: "l-1", bytes: 7 };
  expect(told).toMatchObject([{ type: "note", event: { type: "layers.merged", stream: "layers/daemon", data } }]);
  expect(discarded).toEqual([]);
});

test("while a merge goes on, what is over goes, nothing is put aside, and there is no second merge", async () => {
  const world = worldOf([...needless, made("d", "l-4", "l-5", { expires: past })]);
  const endless = () => new Promise<never>(() => undefined);
  const { merged, told, emptied } = await round(world, true, endless, 3, false);
  expect(merged?.length).toBe(1);
  expect(told.map(({ type }) => type)).toEqual(["remove-point", "remove-point", "remove-point"]);
  expect(emptied.length).toBe(1);
});

test("a merge that fails is told of, and not tried again at once", async () => {
  const fail = () => Promise.reject(new Error("no room"));
  const { merged, told, reported } = await round(worldOf(needless), true, fail, 3);
  expect([merged?.length, told, reported]).toEqual([1, [], ["layers: no room"]]);
});

test("a log that knows nothing lets nothing be removed", async () => {
  expect(await round(worldOf([]))).toEqual({ told: [], discarded: [], emptied: [3_600_000] });
});

test("a log that takes no more may not know all that is needed: nothing is touched", async () => {
  const world = worldOf([...running, made("a", "l-1", "l-2", { expires: past })]);
  expect(await round(world, false)).toEqual({
    told: [],
    discarded: [],
    emptied: [],
  });
});
