/** Each file of Multipass's storage: as it writes it, odd, damaged. */
import { describe, expect, test } from "bun:test";
import {
  readAliases,
  readHead,
  readImages,
  readInstances,
  readSettings,
  readSnapshot,
  RecordFault,
} from "../../../src/client/import/records.ts";
import { orderSnapshots } from "../../../src/client/import/snapshots.ts";
import { entry, imageRecord, snapshotRecord } from "./storage.ts";

const one = (value: unknown) => readInstances(JSON.stringify({ web: value })).get("web");
const faultOf = (value: unknown): string =>
  value instanceof RecordFault ? value.message : `no fault: ${String(value)}`;

describe("multipassd-vm-instances.json", () => {
  test("says what an instance is made of", () => {
    const mounts = [{ source_path: "/home/me", target_path: "/me", uid_mappings: [], gid_mappings: [], mount_type: 0 }];
    expect(one(entry({ state: 7, deleted: true, mounts, extra_interfaces: [{ id: "eth1" }] }))).toEqual({
      cpus: 1,
      memory: 2 ** 28,
      disk: 5 * 2 ** 30,
      user: "ubuntu",
      state: "suspended",
      isDeleted: true,
      mac: "52:54:00:aa:bb:01",
      extraCards: 1,
      mounts: [{ source: "/home/me", target: "/me" }],
    });
  });

  test.each([
    ["sizes with a unit", entry({ mem_size: "1G", disk_space: "5GiB" }), { memory: 2 ** 30, disk: 5 * 2 ** 30 }],
    ["a size as a number", entry({ mem_size: 536870912 }), { memory: 2 ** 29 }],
    ["an empty user", entry({ ssh_username: "" }), { user: "ubuntu" }],
    [
      "what older ones did not write",
      { num_cores: 2, mem_size: "1G", disk_space: "5G", state: 0 },
      { state: "off", mac: "" },
    ],
    ["keys that are not known", entry({ of_tomorrow: { a: 1 } }), { cpus: 1 }],
  ])("takes %s", (_what, given, wanted) => {
    expect(one(given)).toMatchObject(wanted);
  });

  test.each([
    ["no processors", entry({ num_cores: 0 }), /num_cores/],
    ["a size that is none", entry({ mem_size: "a lot" }), /mem_size: no size/],
    ["a size of nothing", entry({ disk_space: "0" }), /disk_space/],
    ["a state that there is not", entry({ state: 10 }), /state/],
    ["a text for a state", entry({ state: "running" }), /state/],
    ["mounts that are none", entry({ mounts: [{ source_path: 1 }] }), /mounts\.0/],
    ["a list", [], /beginning/],
    ["nothing", null, /beginning/],
  ])("refuses an entry with %s, alone", (_what, given, wanted) => {
    expect(faultOf(one(given))).toMatch(wanted);
    const both = readInstances(JSON.stringify({ bad: given, good: entry() }));
    expect(both.get("good")).toMatchObject({ cpus: 1 });
  });

  test("passes over what Multipass itself takes for the rest of a launch that never was", () => {
    expect(readInstances(JSON.stringify({ ghost: entry({ num_cores: 0, mac_addr: "" }) })).size).toBe(0);
  });

  test.each([
    ["cut off", '{"web": {"num_cor'],
    ["empty", ""],
    ["a list", "[]"],
    ["a text", '"web"'],
  ])("that is %s is no storage without instances", (_what, text) => {
    expect(() => readInstances(text)).toThrow(RecordFault);
  });
});

test.each([
  ["as written", {}, "Ubuntu 24.04 LTS"],
  ["of a time that knew Ubuntu only", { os: undefined }, "Ubuntu 24.04 LTS"],
  ["of another system", { os: "Debian", original_release: "13" }, "Debian 13"],
  ["without a release", { os: undefined, original_release: "" }, "unknown image"],
])("an image's record %s has a title", (_what, more, title) => {
  const read = readImages(JSON.stringify({ web: imageRecord("web", "disk.img", more) }));
  expect(read.get("web")).toMatchObject({ title, id: "f".repeat(64) });
});

test("an image's record without a path is a fault of its own", () => {
  const read = readImages(JSON.stringify({ web: imageRecord("web"), bad: { image: {} } }));
  expect(faultOf(read.get("bad"))).toMatch(/image\.path/);
  expect(read.get("web")).toMatchObject({ title: "Ubuntu 24.04 LTS" });
});

describe("a snapshot's file", () => {
  const read = (more: object) => readSnapshot(JSON.stringify(snapshotRecord(2, "good", 1, more)));

  test("says all that becomes a point", () => {
    expect(read({})).toEqual({
      name: "good",
      comment: "comment of good",
      parent: 1,
      index: 2,
      madeAt: "2024-05-02T10:00:00.000Z",
      cpus: 1,
      memory: 2 ** 28,
      disk: 5 * 2 ** 30,
    });
    expect(read({ creation_timestamp: "2024-05-02T12:00:00.000+02:00" }).madeAt).toBe("2024-05-02T10:00:00.000Z");
  });

  test.each([
    ["a time that is none", { creation_timestamp: "yesterday" }],
    ["no name", { name: "" }],
    ["an index of nothing", { index: 0 }],
    ["a parent that is no number", { parent: "first" }],
  ])("with %s is a fault", (_what, more) => {
    expect(() => read(more)).toThrow(RecordFault);
  });

  test("snapshot-head is a number", () => {
    expect([readHead("3"), readHead(" 12\n"), readHead("0")]).toEqual([3, 12, 0]);
    for (const text of ["", "first", "-1", "99999"]) expect(() => readHead(text)).toThrow(RecordFault);
  });
});

describe("snapshots in order", () => {
  const record = (index: number, name: string, parent: number, more: object = {}) =>
    readSnapshot(JSON.stringify(snapshotRecord(index, name, parent, more)));
  const namesOf = (...all: Parameters<typeof orderSnapshots>) =>
    orderSnapshots(...all).snapshots.map(({ name, parent = "-", tag }) => `${name} on ${parent} ${tag}`);

  test("parents come first, whatever their numbers; the head is told by name", () => {
    const tree = [record(1, "late", 3), record(2, "fork", 3), record(3, "root", 0), record(4, "end", 2)];
    expect(namesOf(tree, 2)).toEqual(["root on - @s3", "late on root @s1", "fork on root @s2", "end on fork @s4"]);
    expect(orderSnapshots(tree, 2).head).toBe("fork");
    expect(orderSnapshots(tree, 0).head).toBeUndefined();
  });

  test.each([
    ["a parent that is missing", [record(2, "b", 1)], 2, /parent is missing/],
    ["a circle", [record(1, "a", 2), record(2, "b", 1)], 1, /parent is missing/],
    ["one number twice", [record(1, "a", 0), record(1, "b", 0)], 1, /two snapshots/],
    ["one name twice", [record(1, "a", 0), record(2, "a", 1)], 1, /two snapshots/],
    ["a head that is missing", [record(1, "a", 0)], 7, /stands on snapshot 7/],
    ["a name that means something else here", [record(1, "now", 0)], 1, /cannot be kept/],
    [
      "more than an image holds",
      Array.from({ length: 65 }, (_, at) => ({ ...record(1, "a", 0), index: at + 1, name: `s${at}` })),
      1,
      /65 snapshots/,
    ],
  ])("with %s are refused", (_what, records, head, why) => {
    expect(() => orderSnapshots(records, head)).toThrow(why);
  });

  test("a long comment is cut to what a point may have", () => {
    const [only] = orderSnapshots([record(1, "a", 0, { comment: "x".repeat(2_000) })], 1).snapshots;
    expect(only?.comment).toHaveLength(500);
    const [none] = orderSnapshots([record(1, "a", 0, { comment: "" })], 1).snapshots;
    expect(none).not.toHaveProperty("comment");
  });
});

test("aliases come as they are in the client's file", () => {
  const aliases = {
    "active-context": "default",
    contexts: { default: { la: { instance: "web", command: "ls", "working-directory": "map" } }, other: {} },
  };
  expect(readAliases(JSON.stringify(aliases))).toEqual(aliases);
  for (const odd of [{}, { "active-context": "default" }, { ...aliases, contexts: { default: { la: "ls" } } }])
    expect(() => readAliases(JSON.stringify(odd))).toThrow(RecordFault);
});

test("of the daemon's settings the keys are told, never a value", () => {
  const text = "[local]\nbridged-network=eth0\npassphrase=0badc0de\nimage\\mirror=https://x/\nempty=\n; old=1\n";
  expect(readSettings(text)).toEqual(["local.bridged-network", "local.passphrase", "local.image.mirror"]);
  expect(readSettings("")).toEqual([]);
});
