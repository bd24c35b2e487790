/** The daemon's side of an import: layers by the fake driver, the plan that the call makes, and the end of what was sent. */
import { describe, expect, test } from "bun:test";
import { plannedOf } from "../../src/daemon/handlers/import.ts";
import { importDisk } from "../../src/daemon/import-effect.ts";
import { tidyImports } from "../../src/daemon/import-tidy.ts";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { createFakeWorld } from "../../src/drivers/fake-world.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import type { InstanceState, PendingImport } from "../../src/events/instance/state.ts";
import type { StoredImage } from "../../src/images/vault.ts";
import type { Progress } from "../../src/model/operation.ts";
import { recordOf, specs } from "../spec.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

const signal = new AbortController().signal;
const keyring = { host: async () => ({ publicKey: "ssh-ed25519 H", privateKey: "" }) };
const id = "0198f2a0-0000-7000-8000-00c0ffee0001";
const sent: StoredImage = {
  sha256: "5".repeat(64),
  format: "qcow2",
  bytes: 7,
  path: "/vault/sent",
  virtualSize: 2 ** 30,
};
const point = (tag: string, layer: string, parent?: string) => ({
  id: `p-${tag}`,
  name: tag.slice(1),
  tag,
  layer,
  ...(parent !== undefined && { parent }),
  madeAt: "2024-05-01T10:00:00.000Z",
  specs,
});

function bed(snapshots: Record<string, string[]>, data: string[]) {
  const world = createFakeWorld({ clock: createSimulatedClock() });
  world.images.set(sent.path, { format: "qcow2", virtualSize: 2 ** 30, data, snapshots });
  const made: StoredImage = { ...sent, sha256: "6".repeat(64), path: "/vault/made" };
  const vault = {
    add: () => Promise.reject(new Error("bug: nothing is sent")),
    find: async (sha256: string) => (sha256 === sent.sha256 ? sent : undefined),
    make: async (write: (path: string) => Promise<void>) => {
      await write(made.path);
      return made;
    },
  };
  const said: Progress[] = [];
  const instance = {
    id,
    name: "web",
    layer: "l-top",
    specs,
    ordinal: 1,
    image: { name: "multipass-web", title: "Ubuntu", sha256: sent.sha256 },
  };
  const run = (plan: PendingImport) =>
    importDisk({ driver: createFakeDriver(world), vault, keyring }, instance as InstanceState, plan, signal, (each) =>
      said.push(each),
    );
  return { world, run, said };
}

describe("the disk of an import", () => {
  test("without snapshots stands on what was sent", async () => {
    const { run, world } = bed({}, ["a"]);
    const result = await run({ sent: sent.sha256, points: [] });
    expect(result).toEqual({ step: "disk", layer: "l-top", hardware: expect.anything(), hostKey: "ssh-ed25519 H" });
    expect(world.layers.get("l-top")).toEqual({ data: [], isFrozen: false });
  });

  test("with some: the oldest is the image below all, each other one stands on its parent, and the present on the head", async () => {
    const { run, world, said } = bed({ "@s1": ["a"], "@s2": ["a", "b"], "@s3": ["a", "c"] }, ["a", "b", "d"]);
    const points = [point("@s1", "l-1"), point("@s2", "l-2", "l-1"), point("@s3", "l-3", "l-1")];
    const plan: PendingImport = { sent: sent.sha256, points, now: { layer: "l-now", parent: "l-2" } };
    const result = await run(plan);
    expect(result).toMatchObject({
      parent: "l-now",
      image: { name: "multipass-web", title: "Ubuntu", sha256: "6".repeat(64) },
      layers: [
        { layer: "l-1" },
        { layer: "l-2", parent: "l-1" },
        { layer: "l-3", parent: "l-1" },
        { layer: "l-now", parent: "l-2" },
      ],
    });
    expect([...world.layers].map(([layer, { data }]) => [layer, data])).toEqual([
      ["l-1", []],
      ["l-2", ["a", "b"]],
      ["l-3", ["a", "c"]],
      ["l-now", ["d"]],
      ["l-top", []],
    ]);
    expect(said.map((each) => each.kind === "step" && each.detail)).toEqual(["s1", "s2", "s3", "its present"]);
    // As after a crash.
    expect(await run(plan)).toEqual(result);
  });

  test("fails when a snapshot is not inside, or what was sent is gone", async () => {
    const { run } = bed({ "@s1": ["a"] }, []);
    const points = [point("@s1", "l-1"), point("@s2", "l-2", "l-1")];
    await expect(run({ sent: sent.sha256, points, now: { layer: "l-now" } })).rejects.toMatchObject({
      code: "snapshot-missing",
    });
  });
});

describe("the plan of the call", () => {
  let serial = 0;
  const ids = { next: () => `id-${++serial}` };
  const snapshot = (name: string, parent?: string) => ({
    tag: "@s1",
    name,
    madeAt: "2024-05-01T10:00:00.000Z",
    specs,
    ...(parent !== undefined && { parent }),
  });

  test("gives each snapshot a layer on that of its parent, and the present one on the head's", () => {
    const { points, now } = plannedOf({ snapshots: [snapshot("a"), snapshot("b", "a")], head: "b" }, ids);
    expect(points[1]?.parent).toBe(points[0]?.layer);
    expect(now?.parent).toBe(points[1]?.layer);
    expect(plannedOf({ snapshots: [snapshot("a")] }, ids).now).not.toHaveProperty("parent");
    expect(plannedOf({ snapshots: [] }, ids)).toEqual({ points: [] });
  });

  test.each([
    ["a parent that comes later", { snapshots: [snapshot("a", "b"), snapshot("b")] }, "snapshots-invalid"],
    ["one name twice", { snapshots: [snapshot("a"), snapshot("a")] }, "snapshots-invalid"],
    ["a head that is none", { snapshots: [snapshot("a")], head: "b" }, "snapshots-invalid"],
    ["a name that means another point", { snapshots: [snapshot("last")] }, "point-name-invalid"],
  ])("%s is refused", (_what, given, code) => {
    expect(() => plannedOf(given, ids)).toThrow(expect.objectContaining({ code }));
  });
});

test("the file of what was sent goes after the event that lets go of it; one that somebody removes is theirs", async () => {
  let tell: (records: readonly Recorded[]) => void = () => {};
  const removed: string[] = [];
  const stop = tidyImports({
    log: { subscribe: (listener) => ((tell = listener), () => {}) },
    vault: { remove: async (sha256) => void removed.push(sha256) },
    report: (line) => removed.push(line),
  });
  const event = (sha256: string) => ({
    type: "image.removed",
    version: 1,
    stream: `image/${sha256}`,
    data: { sha256, bytes: 1 },
  });
  tell([recordOf(event("a"), 1, { operation: "op-1" }), recordOf(event("b"), 2)]);
  expect(removed).toEqual(["a"]);
  stop();
});
