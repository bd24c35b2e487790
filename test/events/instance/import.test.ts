/** Imports: what is asked for, what comes of it in one batch, and that nothing is left of one that fails. */
import { describe, expect, test } from "bun:test";
import { decide } from "../../../src/events/decide.ts";
import { nextStep } from "../../../src/events/instance/steps.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { viewPoints } from "../../../src/events/projections/points.ts";
import { inverseOf } from "../../../src/events/undo.ts";
import { evolveWorld, type World } from "../../../src/events/world.ts";
import { type Fact, facts, given, recordOf, running, second, specs, stopped, worldOf } from "../../spec.ts";

const [sent, made] = ["5".repeat(64), "6".repeat(64)];
const from = { manager: "multipass", name: "web", mac: "52:54:00:00:00:77", image: "abc" } as const;
const points = [
  {
    id: "p-1",
    name: "first",
    tag: "@s1",
    layer: "l-11",
    comment: "the first",
    madeAt: "2024-05-02T10:00:00.000Z",
    specs,
  },
  { id: "p-2", name: "second", tag: "@s2", layer: "l-12", parent: "l-11", madeAt: "2024-05-01T10:00:00.000Z", specs },
];
const now = { layer: "l-13", parent: "l-12" };
const image = { name: "multipass-old", title: "Ubuntu 24.04 LTS", sha256: sent };
const asked = {
  type: "import",
  id: "i-9",
  operation: "op-9",
  deadline: second(59),
  name: "old",
  image,
  specs,
  mac: from.mac,
  spareMac: "52:54:00:00:00:78",
  layer: "l-14",
  user: "ubuntu",
  from,
} as const;
const requested = { number: 9, deadline: second(59), name: "old", ordinal: 2, image, specs, mac: from.mac };
const common = { ...requested, address: "10.77.0.9", layer: "l-14", user: "ubuntu", from };
const { hardware } = facts.diskCreated.data;
const added = (sha256: string, name = "multipass-old") => ({
  sha256,
  name,
  title: "x",
  bytes: 7,
  virtualSize: 9,
  format: "qcow2",
});
const whole = {
  step: "disk",
  layer: "l-14",
  parent: "l-13",
  hardware,
  hostKey: "k",
  layers: [
    { layer: "l-11", bytes: 1 },
    { layer: "l-12", parent: "l-11", bytes: 2 },
    { layer: "l-13", parent: "l-12", bytes: 3 },
  ],
  image: { ...image, sha256: made, bytes: 5, virtualSize: 9, format: "qcow2" },
} as const;
const flat = { step: "disk", layer: "l-14", hardware, hostKey: "k", layers: [] } as const;

/** A world in which the import was asked for, of an image that was sent under that name. */
function asking(more: object, name?: string, facts: readonly Fact[] = running): World {
  const world = worldOf(facts);
  fold(world, "image.added", added(sent, name), `image/${sent}`);
  fold(world, "instance.import-requested", { ...common, ...more });
  return world;
}

const fold = (world: World, type: string, data: object, stream = "instance/i-9") =>
  evolveWorld(
    world,
    recordOf({ type, version: 1, stream, data: { ...data } }, world.position + 1, { operation: "op-9" }),
  );

/** What the step's outcome yields, folded. */
function outcome(world: World, command: Parameters<typeof decide>[0]): string[] {
  const events = decide(command, world);
  for (const { type, data, stream } of events) fold(world, type, data, stream);
  return events.map(({ type }) => type);
}
const opens = { id: "i-9", operation: "op-9" };
const succeed = (world: World, result: typeof whole | typeof flat) =>
  outcome(world, { type: "step-succeeded", ...opens, result });
const fail = (world: World, step: "disk" | "destroy", result: "failed" | "cancelled" = "failed") =>
  outcome(world, { type: "step-failed", ...opens, step, code: "no-space", reason: "full", result });

describe("an import", () => {
  test("asks for an instance of that name, with the address that it had", () => {
    given(...stopped)
      .when({ ...asked, points, now })
      .thenEvents([{ type: "instance.import-requested", data: { name: "old", mac: from.mac, points, now, from } }]);
  });

  test("of a name that is taken is refused; an address that is taken is another one", () => {
    given(...stopped)
      .when({ ...asked, name: "web", points: [] })
      .thenRefused("instance-exists");
    const held = { ...asked, mac: "52:54:00:00:00:01", points: [] };
    given(...stopped)
      .when(held)
      .thenEvents([{ data: { mac: asked.spareMac } }]);
    given(...stopped)
      .when({ ...held, spareMac: held.mac })
      .thenRefused("mac-in-use");
  });

  test("a repeat yields nothing", () => {
    expect(decide({ ...asked, points: [] }, asking({ points: [] }))).toEqual([]);
  });

  test("with snapshots becomes an instance that is off, with its points; what was sent for it goes, all in one batch", () => {
    const world = asking({ points, now });
    expect(world.instances.get("i-9")?.pending && nextStep(world.instances.get("i-9")!.pending!)).toBe("disk");
    expect(succeed(world, whole)).toEqual(["image.added", "instance.imported", "image.removed"]);
    const state = world.instances.get("i-9");
    if (!state) throw new Error("it is gone");
    expect(state.pending).toBeUndefined();
    expect(viewInstance(state)).toMatchObject({ state: "Stopped", points: 2, from, image: { sha256: made } });
    expect(state.points.map(({ name, madeAt, cause, operation }) => [name, madeAt, cause, operation])).toEqual([
      ["second", "2024-05-01T10:00:00.000Z", "import", 9],
      ["first", "2024-05-02T10:00:00.000Z", "import", 9],
    ]);
    const tree = viewPoints(state, world.layers);
    expect(tree.points.map(({ name, parent, bytes }) => [name, parent, bytes])).toEqual([
      ["second", "first", 2],
      ["first", undefined, 1],
    ]);
    expect(tree.now).toBe("second");
    expect([...world.images.keys()]).toEqual([made]);
  });

  test("without snapshots stands on what was sent, which stays", () => {
    const world = asking({ points: [] });
    expect(succeed(world, flat)).toEqual(["instance.imported"]);
    expect([...world.images.keys()]).toEqual([sent]);
    expect(world.instances.get("i-9")).toMatchObject({ layer: "l-14", image: { sha256: sent }, points: [] });
  });

  test("of what was deleted there is in the trash at once", () => {
    const world = asking({ points: [], expires: second(50) });
    expect(succeed(world, flat)).toEqual(["instance.imported", "instance.deleted"]);
    expect(world.instances.get("i-9")).toMatchObject({ deleted: { expires: second(50) } });
    expect(world.instances.get("i-9")?.pending).toBeUndefined();
  });

  test("holds its layers until the instance is purged, and each only as long as it is needed", () => {
    const world = asking({ points, now });
    succeed(world, whole);
    const held = () => ["l-11", "l-12", "l-13", "l-14"].filter((layer) => world.layers.has(layer));
    expect(held()).toEqual(["l-11", "l-12", "l-13", "l-14"]);
    fold(world, "instance.point-deleted", { number: 10, deadline: second(59), point: "p-2", name: "second" });
    expect(held()).toEqual(["l-11", "l-12", "l-13", "l-14"]);
    fold(world, "instance.purge-requested", { number: 11, deadline: second(59) });
    fold(world, "instance.purged", {});
    expect(held()).toEqual([]);
  });

  test.each(["failed", "cancelled"] as const)(
    "that %s is taken back; then neither it nor what was sent is left",
    (result) => {
      const world = asking({ points, now });
      expect(fail(world, "disk", result)).toEqual(["instance.operation-abandoned"]);
      const done = { type: "step-succeeded", ...opens, result: { step: "destroy" } } as const;
      expect(outcome(world, done)).toEqual(["instance.import-failed", "image.removed"]);
      expect([world.instances.has("i-9"), world.images.size]).toEqual([false, 0]);
    },
  );

  test("that cannot be taken back is kept, with what it stands on", () => {
    const world = asking({ points, now });
    fail(world, "disk");
    expect(fail(world, "destroy")).toEqual(["instance.import-failed"]);
    expect([world.instances.has("i-9"), world.images.has(sent)]).toEqual([true, true]);
  });

  test("leaves an image that was here before, or that another instance stands on", () => {
    const before = asking({ points, now }, "mine.qcow2");
    expect(succeed(before, whole)).not.toContain("image.removed");
    const ready = { ...facts.imageReady, data: { ...facts.imageReady.data, sha256: sent } };
    const shared = asking({ points, now }, undefined, [facts.launchRequested, ready, facts.diskCreated]);
    expect(succeed(shared, whole)).not.toContain("image.removed");
  });

  test("that is purged takes its image along", () => {
    const alone = asking({ points: [] });
    const stop = { type: "step-succeeded", ...opens, result: { step: "stop", cause: "user" } } as const;
    succeed(alone, flat);
    fold(alone, "instance.purge-requested", { number: 10, deadline: second(59) });
    outcome(alone, stop);
    const done = { type: "step-succeeded", ...opens, result: { step: "destroy" } } as const;
    expect(outcome(alone, done)).toEqual(["instance.purged", "image.removed"]);
    expect(alone.images.size).toBe(0);
  });

  test("is undone as a launch is: it goes to the trash", () => {
    const world = asking({ points, now });
    succeed(world, whole);
    const done = {
      number: 9,
      id: "op-9",
      kind: "import",
      stream: "instance/i-9",
      time: "",
      position: 1,
      result: "ok",
      data: {},
    } as const;
    const by = { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" } as const;
    expect(inverseOf({ ...done, by }, world).inverse).toEqual({ type: "delete", id: "i-9" });
  });
});
