/** Points: making them, going back, keeping and dropping them, and what that does to layers. */
import { describe, expect, test } from "bun:test";
import type { InstanceState } from "../../../src/events/instance/state.ts";
import { nextStep } from "../../../src/events/instance/steps.ts";
import { chainOf, ownLayers } from "../../../src/events/layers.ts";
import { viewPoints } from "../../../src/events/projections/points.ts";
import { type Fact, facts, given, running, second, specs, stopped, worldOf } from "../../spec.ts";

const opens = { id: "i-1", operation: "op-9", deadline: second(59) };
const intent = (number: number) => ({ number, deadline: second(59) });
const kept = { memory: "m-1", memoryBytes: 1_000, build: "b", accelerator: "tcg" };
const named = (name: string) => ({ id: `p-${name}`, name, kind: "snapshot" });

/** A snapshot `name` of the top `layer`, and its end: the top is `next`. */
const taken = (number: number, name: string, layer: string, next: string, more: object = {}): Fact[] => {
  const operation = `op-${number}`;
  const wanted = { ...named(name), next };
  return [
    { type: "instance.snapshot-requested", operation, data: { ...intent(number), wanted } },
    { type: "instance.point-made", operation, data: { ...wanted, layer, bytes: 10, consistency: "off", ...more } },
  ];
};
const good = taken(2, "good", "l-1", "l-2");
const warm = taken(2, "warm", "l-1", "l-2", { consistency: "memory", kept });
const keep = { id: "p-b", name: "branch1", kind: "branch", next: "l-3", memory: "m-2" };
const restoreTo = (name: string, isRunning: boolean, more: object = {}): Fact => ({
  type: "instance.restore-requested",
  operation: "op-3",
  data: {
    ...intent(3),
    to: { point: `p-${name}`, name, layer: "l-1", ...more },
    specs,
    next: "l-4",
    keep,
    isRunning,
  },
});
const stateOf = (...all: readonly Fact[]): InstanceState => {
  const state = worldOf(all).instances.get("i-1");
  if (!state) throw new Error("the instance is gone");
  return state;
};
const owed = (...all: readonly Fact[]) => {
  const { pending } = stateOf(...all);
  return pending && nextStep(pending);
};
const frozen = { bytes: 10, consistency: "memory", kept } as const;

describe("a snapshot", () => {
  test("records the intent, then the point that its layer became, with the configuration of then", () => {
    given(...running)
      .when({ type: "snapshot", ...opens, wanted: { id: "p", kind: "snapshot", next: "l-2" } })
      .thenEvents([{ type: "instance.snapshot-requested", data: { number: 2, wanted: { name: "snapshot1" } } }]);
    const [requested] = good;
    if (!requested) throw new Error("no intent");
    given(...running, requested)
      .when({ type: "step-succeeded", ...opens, operation: "op-2", result: { step: "freeze", frozen } })
      .thenEvents([{ type: "instance.point-made", data: { name: "good", layer: "l-1", next: "l-2", kept } }]);
    expect(stateOf(...running, ...good)).toMatchObject({
      layer: "l-2",
      points: [{ name: "good", layer: "l-1", operation: 2, cause: "snapshot", isHeld: false, specs }],
    });
    expect(stateOf(...running, ...good).pending).toBeUndefined();
  });
  test("gets the next number of its kind, also after one was deleted", () => {
    const deleted: Fact = {
      type: "instance.point-deleted",
      operation: "op-3",
      data: { ...intent(3), point: "p-snapshot1", name: "snapshot1" },
    };
    given(...running, ...taken(2, "snapshot1", "l-1", "l-2"), deleted)
      .when({ type: "snapshot", ...opens, wanted: { id: "p", kind: "snapshot", next: "l-3" } })
      .thenEvents([{ data: { wanted: { name: "snapshot2" } } as never }]);
  });
  test("is refused for a name that is taken, for memory of a machine that is off, and while another operation runs", () => {
    const wanted = { id: "p", kind: "snapshot", next: "l-3" } as const;
    given(...running, ...good)
      .when({ type: "snapshot", ...opens, wanted: { ...wanted, name: "good" } })
      .thenRefused("point-exists");
    given(...stopped)
      .when({ type: "snapshot", ...opens, wanted: { ...wanted, memory: "m" } })
      .thenRefused("no-memory");
    given(...running, facts.stopRequested)
      .when({ type: "snapshot", ...opens, wanted })
      .thenRefused("operation-pending");
    given(...stopped, facts.deleteRequested, facts.deleted)
      .when({ type: "snapshot", ...opens, wanted })
      .thenRefused("instance-deleted");
  });
  test("that fails leaves the machine as it is", () => {
    const [requested] = good;
    if (!requested) throw new Error("no intent");
    const why = { step: "freeze", code: "x", reason: "y", result: "failed" } as const;
    given(...running, requested)
      .when({ type: "step-failed", ...opens, operation: "op-2", ...why })
      .thenTypes("instance.snapshot-failed");
  });
});

describe("a restore", () => {
  const suspended: Fact = { type: "instance.suspended", operation: "op-3", data: { memoryBytes: 5, build: "b" } };
  const branch: Fact = {
    type: "instance.point-made",
    operation: "op-3",
    data: { ...keep, layer: "l-2", bytes: 10, consistency: "memory", kept: { ...kept, memory: "m-2" } },
  };
  const rewound = (more: object = {}): Fact => ({
    type: "instance.rewound",
    operation: "op-3",
    data: { point: "p-good", name: "good", from: "l-1", next: "l-4", specs, ...more },
  });
  const before = [...running, ...good];

  test("keeps the present with its memory, and ends in the power state it found", () => {
    given(...before)
      .when({
        type: "restore",
        ...opens,
        to: "p-good",
        next: "l-4",
        fresh: false,
        keep: { id: "p", next: "l", memory: "m" },
      })
      .thenEvents([
        {
          data: {
            isRunning: true,
            keep: { name: "branch1", kind: "branch", memory: "m" },
            to: { layer: "l-1" },
          } as never,
        },
      ]);
    expect(owed(...before, restoreTo("good", true))).toBe("suspend");
    expect(owed(...before, restoreTo("good", true), suspended)).toBe("freeze");
    expect(owed(...before, restoreTo("good", true), suspended, branch)).toBe("rewind");
    expect(owed(...before, restoreTo("good", true), suspended, branch, rewound())).toBe("boot");
    const off = [...stopped, ...good, restoreTo("good", false)];
    expect(owed(...off)).toBe("freeze");
    given(...off, branch)
      .when({ type: "step-succeeded", ...opens, operation: "op-3", result: { step: "rewind" } })
      .thenTypes("instance.rewound", "instance.restored");
  });
  test("goes on from the memory of the point, unless a boot is wanted", () => {
    const at = [...running, ...warm];
    given(...at)
      .when({ type: "restore", ...opens, to: "p-warm", next: "l-4", fresh: true })
      .thenEvents([{ data: { to: { point: "p-warm", name: "warm", layer: "l-1" } } as never }]);
    const state = stateOf(...at, restoreTo("warm", true, { kept }), suspended, branch, rewound({ kept }));
    expect(state).toMatchObject({ power: "suspended", suspended: { memoryBytes: 1_000 }, layer: "l-4" });
    expect(owed(...at, restoreTo("warm", true, { kept }), suspended, branch, rewound({ kept }))).toBe("boot");
  });
  test("that cannot go there lets a machine that was suspended for it go on", () => {
    const why = { step: "freeze", code: "x", reason: "y", result: "failed" } as const;
    const under = [...before, restoreTo("good", true), suspended];
    given(...under)
      .when({ type: "step-failed", ...opens, operation: "op-3", ...why })
      .thenTypes("instance.operation-abandoned");
    expect(owed(...under, { type: "instance.operation-abandoned", operation: "op-3", data: why })).toBe("boot");
    given(...before, restoreTo("good", true))
      .when({ type: "step-failed", ...opens, operation: "op-3", ...why, step: "suspend" })
      .thenTypes("instance.restore-failed");
  });
  test("draws the tree: the branch and the disk of now stand side by side", () => {
    const world = worldOf([...before, restoreTo("good", true), suspended, branch, rewound()]);
    const state = world.instances.get("i-1");
    const tree = state && viewPoints(state, world.layers);
    expect(tree?.now).toBe("good");
    expect(tree?.points.map(({ name, parent }) => [name, parent])).toEqual([
      ["good", undefined],
      ["branch1", "good"],
    ]);
  });
});

describe("a point", () => {
  const held: Fact = {
    type: "instance.point-held",
    operation: "op-3",
    data: { ...intent(3), point: "p-good", name: "good" },
  };
  test("that is held is neither deleted nor removed by itself", () => {
    given(...running, ...good, held)
      .when({ type: "delete-snapshot", ...opens, point: "p-good" })
      .thenRefused("point-held");
    given(...running, ...good, held)
      .when({ type: "remove-point", id: "i-1", point: "p-good", why: "expired" })
      .thenTypes();
    given(...running, ...good)
      .when({ type: "remove-point", id: "i-1", point: "p-good", why: "expired" })
      .thenTypes("instance.point-removed");
    given(...running, ...good, held)
      .when({ type: "hold", ...opens, point: "p-good" })
      .thenTypes();
    given(...running, ...good, held)
      .when({ type: "release", ...opens, point: "p-good" })
      .thenTypes("instance.point-released");
  });
  test("that is gone is no longer restored to, and deleting it again is nothing", () => {
    given(...running)
      .when({ type: "restore", ...opens, to: "p-good", next: "l-4", fresh: false })
      .thenRefused("point-not-found");
    given(...running)
      .when({ type: "delete-snapshot", ...opens, point: "p-good" })
      .thenTypes();
  });
});

describe("layers", () => {
  const deletedGood: Fact = {
    type: "instance.point-deleted",
    operation: "op-4",
    data: { ...intent(4), point: "p-good", name: "good" },
  };
  test("of a deleted point stay while another stands on them, and go with the last that does", () => {
    const second2 = taken(3, "better", "l-2", "l-3");
    const world = worldOf([...stopped, ...good, ...second2, deletedGood]);
    expect([...world.layers.keys()].sort()).toEqual(["l-1", "l-2", "l-3"]);
    expect(chainOf(world.layers, "l-3")).toEqual(["l-3", "l-2", "l-1"]);
  });
  test("that a restore leaves go when nothing keeps them", () => {
    const discard: Fact = {
      type: "instance.restore-requested",
      operation: "op-3",
      data: { ...intent(3), to: { point: "p-good", name: "good", layer: "l-1" }, specs, next: "l-4", isRunning: false },
    };
    const rewound: Fact = {
      type: "instance.rewound",
      operation: "op-3",
      data: { point: "p-good", name: "good", from: "l-1", next: "l-4", specs },
    };
    const world = worldOf([...stopped, ...good, discard, rewound]);
    expect([...world.layers.keys()].sort()).toEqual(["l-1", "l-4"]);
  });
  test("all go with their instance, the upper ones first", () => {
    const world = worldOf([...stopped, ...good]);
    const state = world.instances.get("i-1");
    expect(state && ownLayers(world.layers, state)).toEqual(["l-2", "l-1"]);
    expect(
      worldOf([...stopped, ...good, facts.purgeRequested, { type: "instance.purged", operation: "op-4" }]).layers.size,
    ).toBe(0);
  });
});
