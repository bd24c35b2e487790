/** The rules for mounts: where a folder may be mounted, what a point keeps, and how a mount is undone. */
import { describe, expect, test } from "bun:test";
import { decide } from "../../../src/events/decide.ts";
import { evolveWorld } from "../../../src/events/world.ts";
import { keyOf, changesOf } from "../../../src/events/projections/changes.ts";
import { viewInstance } from "../../../src/events/projections/instances.ts";
import { planRollback } from "../../../src/events/plan.ts";
import { type DoneOperation, inverseOf } from "../../../src/events/undo.ts";
import { daemonActor } from "../../../src/events/envelope.ts";
import { UserError } from "../../../src/errors.ts";
import type { Mount } from "../../../src/model/mount.ts";
import { type Fact, given, recordOf, running, stopped, worldOf } from "../../spec.ts";

const mountOf = (source: string, target: string, more: Partial<Mount> = {}): Mount => ({
  source,
  target,
  type: "classic",
  readOnly: false,
  uids: [[1000, -1]],
  gids: [[1000, -1]],
  owner: { uid: 1000, gid: 1000 },
  ...more,
});
const src = mountOf("/src", "/home/ubuntu/src");
const added = (mount: Mount): Fact => ({ type: "instance.mount-added", data: { mount } });
const opens = { id: "i-1", operation: "op-9", deadline: "2026-11-20T12:00:00.000Z" };
const mounts = (mount: Mount) => ({ type: "mount", mount, ...opens }) as const;
const unmounts = (target: string, force = false) => ({ type: "unmount", target, force, ...opens }) as const;
const degraded: Fact = {
  type: "instance.mount-degraded",
  data: { target: src.target, code: "mount-source-missing", reason: "gone" },
};

describe("a mount that is asked for", () => {
  test("is made first where the guest answers, and wanted afterwards", () =>
    given(...running)
      .when(mounts(src))
      .thenTypes("instance.mount-requested"));
  test("waits for the next start of an instance that is off", () =>
    given(...stopped)
      .when(mounts(src))
      .thenTypes("instance.mount-requested", "instance.mount-added"));
  test("is refused where mounts are switched off", () => {
    const world = worldOf(running);
    const data = { number: 5, key: "mounts.enabled", value: "off", before: "on" };
    const off = { type: "settings.changed", version: 1, stream: "settings/daemon", data };
    evolveWorld(world, recordOf(off, world.position + 1, { operation: "op-5" }));
    expect(() => decide(mounts(src), world)).toThrow("mounts are switched off");
  });
  test.each(["/", "/dev", "/dev/x", "/proc", "/proc/1", "/sys/x", "/home", "/home/ubuntu", "relative", "", "/a\0b"])(
    "is refused at %j",
    (target) =>
      given(...running)
        .when(mounts(mountOf("/src", target)))
        .thenRefused("mount-invalid"),
  );
  test.each(["/home/ubuntu/src", "/home/ubuntux", "/developers", "/srv/zi el ö"])("may stand at %s", (target) =>
    given(...running)
      .when(mounts(mountOf("/src", target)))
      .thenTypes("instance.mount-requested"),
  );
  test.each([
    ["the same place", src.target, "mount-exists"],
    ["inside it", `${src.target}/x`, "mount-nested"],
    ["over it", "/home/ubuntu", "mount-invalid"],
    ["over it, elsewhere", "/srv", "mount-nested"],
  ])("beside another one: %s", (_, target, code) =>
    given(...running, added(src), added(mountOf("/a", "/srv/a")))
      .when(mounts(mountOf("/b", target)))
      .thenRefused(code),
  );
  test("with a name that only begins like another one's is no part of it", () =>
    given(...running, added(src))
      .when(mounts(mountOf("/b", `${src.target}2`)))
      .thenTypes("instance.mount-requested"));
  test("has each id once on each side", () => {
    const twice = mountOf("/src", "/srv", {
      uids: [
        [1, 2],
        [1, 3],
      ],
    });
    given(...running)
      .when(mounts(twice))
      .thenRefused("map-invalid");
    const same = mountOf("/src", "/srv", {
      gids: [
        [1, 2],
        [3, 2],
      ],
    });
    given(...running)
      .when(mounts(same))
      .thenRefused("map-invalid");
  });
  test("is one of 64 at the most", () => {
    const many = Array.from({ length: 64 }, (_, at) => added(mountOf("/src", `/srv/${at}`)));
    given(...running, ...many)
      .when(mounts(src))
      .thenRefused("mounts-too-many");
    given(...running, ...many.slice(1))
      .when(mounts(src))
      .thenTypes("instance.mount-requested");
  });
});

describe("a mount that is there", () => {
  test("is taken out of the guest first", () =>
    given(...running, added(src))
      .when(unmounts(src.target))
      .thenTypes("instance.unmount-requested"));
  test("is just not wanted any more in an instance that is off", () =>
    given(...stopped, added(src))
      .when(unmounts(src.target))
      .thenTypes("instance.unmount-requested", "instance.mount-removed"));
  test("is named by its target", () =>
    given(...running, added(src))
      .when(unmounts("/srv"))
      .thenRefused("mount-not-found"));
  test("is told to be lost, and to be back, when that changes", () => {
    const observed = (fault?: { code: string; reason: string }) =>
      ({ type: "observe-mount", id: "i-1", target: src.target, ...(fault && { fault }) }) as const;
    const fault = { code: "mount-source-missing", reason: "gone" };
    given(...running, added(src))
      .when(observed(fault))
      .thenTypes("instance.mount-degraded");
    given(...running, added(src), degraded)
      .when(observed(fault))
      .thenTypes();
    given(...running, added(src), degraded)
      .when(observed({ ...fault, reason: "other" }))
      .thenTypes("instance.mount-degraded");
    given(...running, added(src), degraded)
      .when(observed())
      .thenTypes("instance.mount-restored");
    given(...running, added(src))
      .when(observed())
      .thenTypes();
    given(...running)
      .when(observed(fault))
      .thenTypes();
  });
});

const stateOf = (...all: readonly Fact[]) => {
  const [state] = worldOf(all).instances.values();
  if (!state) throw new Error("bug: there is no instance");
  return state;
};

describe("the fold", () => {
  test("shows a mount as waiting, active or degraded", () => {
    const shown = (...all: readonly Fact[]) => viewInstance(stateOf(...all)).mounts?.map(({ state }) => state);
    expect(shown(...stopped, added(src))).toEqual(["waiting"]);
    expect(shown(...running, added(src))).toEqual(["active"]);
    expect(shown(...running, added(src), degraded)).toEqual(["degraded"]);
    expect(
      shown(...running, added(src), degraded, { type: "instance.mount-restored", data: { target: src.target } }),
    ).toEqual(["active"]);
    expect(
      shown(...running, added(src), { type: "instance.mount-removed", data: { target: src.target } }),
    ).toBeUndefined();
  });
  test("keeps mounts in a point, without what is wrong with them just then", () => {
    const made: Fact = {
      type: "instance.point-made",
      operation: "op-5",
      data: { id: "p-1", name: "good", kind: "snapshot", next: "l-2", layer: "l-1", bytes: 1, consistency: "off" },
    };
    expect(stateOf(...running, added(src), degraded, made).points[0]?.mounts).toEqual([src]);
    const rewound: Fact = {
      type: "instance.rewound",
      data: { point: "p-1", name: "good", from: "l-1", next: "l-3", specs: stateOf(...stopped).specs, mounts: [src] },
    };
    expect(stateOf(...running, rewound).mounts).toEqual([src]);
  });
});

const done = (kind: "mount" | "umount", mount: Mount): DoneOperation => ({
  number: 7,
  id: "op-7",
  kind,
  stream: "instance/i-1",
  by: daemonActor,
  time: "",
  position: 1,
  result: "ok",
  data: { mount },
});

test("a fork has the mounts of its point, and so has a restore", () => {
  const wanted = { id: "p-1", name: "good", kind: "snapshot", next: "l-2" };
  const made: Fact = {
    type: "instance.point-made",
    operation: "op-5",
    data: { ...wanted, layer: "l-1", bytes: 1, consistency: "off" },
  };
  const before = given(...running, added(src), made, { type: "instance.mount-removed", data: { target: src.target } });
  const fork = { ...opens, type: "fork", id: "i-2", name: "copy", source: "i-1", point: "p-1" } as const;
  before
    .when({ ...fork, mac: "52:54:00:00:00:09", layer: "l-9", starts: false, fresh: false })
    .thenEvents([{ type: "instance.fork-requested", data: { mounts: [src] } }]);
  before
    .when({ ...opens, type: "restore", to: "p-1", next: "l-8", fresh: false })
    .thenEvents([{ type: "instance.restore-requested", data: { mounts: [src] } }]);
});

describe("going back", () => {
  test("a mount is undone by an unmount, and that by a mount, as long as nothing else stands there", () => {
    const world = worldOf([...running, added(src), degraded]);
    expect(inverseOf(done("mount", src), world).inverse).toEqual({
      type: "unmount",
      id: "i-1",
      target: src.target,
      force: false,
    });
    expect(inverseOf(done("umount", src), worldOf(running)).inverse).toEqual({ type: "mount", id: "i-1", mount: src });
    expect(() => inverseOf(done("umount", src), world)).toThrow(UserError);
    expect(() => inverseOf(done("mount", src), worldOf(running))).toThrow(UserError);
    expect(() => inverseOf(done("mount", { ...src, source: "/other" }), world)).toThrow(UserError);
  });
  test("a rollback brings the mounts of then", () => {
    const data = mountOf("/data", "/srv");
    const then = worldOf([...stopped, added(src)]);
    const now = worldOf([...stopped, added({ ...src, readOnly: true }), added(data)]);
    expect(planRollback(now, then).steps).toEqual([
      { type: "unmount", id: "i-1", target: src.target, force: false },
      { type: "unmount", id: "i-1", target: data.target, force: false },
      { type: "mount", id: "i-1", mount: src },
    ]);
    expect(planRollback(then, then).steps).toEqual([]);
  });
  test("the history of a mount has its target as the key", () => {
    const record = (type: string) => recordOf({ type, version: 1, stream: "instance/i-1", data: { mount: src } }, 1);
    expect(keyOf({ mount: src })).toBe("mount:/home/ubuntu/src");
    expect(changesOf(record("instance.mount-requested"))).toEqual([
      { key: "mount:/home/ubuntu/src", before: null, after: "/src" },
    ]);
    expect(changesOf(record("instance.unmount-requested"))).toEqual([
      { key: "mount:/home/ubuntu/src", before: "/src", after: null },
    ]);
  });
});

test("a mount that cannot be made leaves nothing, not even a failure of the instance", () => {
  const world = worldOf([...running]);
  const requested = {
    type: "instance.mount-requested",
    version: 1,
    stream: "instance/i-1",
    data: { number: 9, deadline: "", mount: src },
  };
  const failed = { step: "mount", code: "mount-unsupported", reason: "no sshfs", result: "failed" };
  const before = stateOf(...running);
  evolveWorld(world, recordOf(requested, world.position + 1, { operation: "op-9" }));
  expect(world.instances.get("i-1")?.pending?.mount).toEqual(src);
  evolveWorld(
    world,
    recordOf({ type: "instance.mount-failed", version: 1, stream: "instance/i-1", data: failed }, world.position + 1, {
      operation: "op-9",
    }),
  );
  expect(world.instances.get("i-1")).toEqual(before);
});
