/** Doctor's rules: for each check a fault that makes it warn or fail, and the state in which it says ok. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkDirectory } from "../../src/daemon/doctor/directory.ts";
import { checkAccelerator, checkClock, checkDriver, checkMemory } from "../../src/daemon/doctor/host.ts";
import { checkLeftovers } from "../../src/daemon/doctor/leftovers.ts";
import { checkLogFiles, checkOpenLog, checkSeals, checkSink } from "../../src/daemon/doctor/log.ts";
import { checkSockets } from "../../src/daemon/doctor/runtime.ts";
import { UserError } from "../../src/errors.ts";
import type { VerifyReport } from "../../src/model/audit.ts";
import type { Check } from "../../src/model/check.ts";
import { worst } from "../../src/model/worst.ts";
import { type Files, type FileStatus, systemFiles } from "../../src/sys/files.ts";
import { facts, running, worldOf } from "../spec.ts";

const verdicts = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
const gib = 2 ** 30;

describe("the host", () => {
  const tcg = { accelerator: "tcg", build: "7.2" } as const;
  test.each([
    ["KVM", checkAccelerator({ accelerator: "kvm" }, false), "ok", undefined],
    [
      "KVM that may not be opened",
      checkAccelerator({ ...tcg, why: "closed", next: "usermod" }, false),
      "warn",
      "usermod",
    ],
    ["no KVM", checkAccelerator(tcg, false), "warn", undefined],
    ["emulation by a setting", checkAccelerator(tcg, true), "warn", "strata set driver.accelerator=auto"],
    [
      "no QEMU",
      checkDriver(new UserError("driver-unavailable", "gone", { hints: [["next", "apt"]] }), false)[0],
      "fail",
      "apt",
    ],
    ["a driver that hangs", checkDriver(new Error("late"), false)[0], "fail", undefined],
    ["memory enough", checkMemory({ total: 8 * gib, available: 4 * gib, running: [] }), "ok", undefined],
    [
      "more promised than there is",
      checkMemory({
        total: 8 * gib,
        available: 4 * gib,
        running: [
          { name: "a", memory: gib },
          { name: "b", memory: 8 * gib },
        ],
      }),
      "warn",
      "strata stop b",
    ],
    [
      "hardly any left",
      checkMemory({ total: 8 * gib, available: 1, running: [{ name: "a", memory: gib }] }),
      "fail",
      "strata stop a",
    ],
    ["hardly any left, not by us", checkMemory({ total: 8 * gib, available: 1, running: [] }), "warn", "free -h"],
    ["a clock that runs", checkClock(Date.UTC(2026, 10, 20), "2026-11-19T00:00:00.000Z"), "ok", undefined],
    ["a log that is new", checkClock(0, ""), "ok", undefined],
    [
      "a clock that went back",
      checkClock(Date.UTC(2026, 10, 18), "2026-11-19T00:00:00.000Z"),
      "fail",
      "timedatectl set-ntp true",
    ],
  ] as const)("%s", (_what, check, verdict, next) => {
    expect([check?.verdict, check?.next]).toEqual([verdict, next]);
  });
});

describe("the log", () => {
  const intact: VerifyReport = {
    isIntact: true,
    events: 41,
    hash: "",
    segments: 1,
    bytes: 1,
    roots: 0,
    root: "",
    witnesses: [],
    seals: { count: 0, holding: 0, keys: 0, torn: 0, anchor: "none" },
  };
  const damage = { kind: "log-damaged", what: "the hash does not fit", segment: "s", offset: 1, position: 13 } as const;
  const full = new UserError("storage-unavailable", "the disk is full", { hints: [["next", "df"]] });
  test.each([
    ["writable", checkOpenLog({ position: 3, checkedAt: undefined }), "ok", undefined],
    ["read-only", checkOpenLog({ position: 3, checkedAt: undefined, readOnly: full }), "fail", "df"],
    ["files that are whole", checkLogFiles(intact), "ok", undefined],
    ["no files", checkLogFiles(new UserError("log-not-found", "none")), "ok", undefined],
    ["damage", checkLogFiles({ ...intact, isIntact: false, damage }), "fail", "strata audit verify"],
    ["a head that does not fit", checkLogFiles({ ...intact, isIntact: false }), "fail", "strata audit verify"],
    ["files that cannot be read", checkLogFiles(new Error("EACCES")), "fail", "strata audit verify"],
  ] as const)("%s", (_what, check, verdict, next) => {
    expect([check.verdict, check.next]).toEqual([verdict, next]);
  });
});

const folder: FileStatus = {
  kind: "directory",
  bytes: 0,
  allocatedBytes: 0,
  mode: 0o700,
  uid: 1000,
  gid: 1000,
  modifiedMs: 0,
  changedMs: 0,
};
const door: FileStatus = { ...folder, kind: "other", mode: 0o600 };

describe("the data directory", () => {
  const mounts = "/dev/sda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nhost:/x /srv/a\\040b nfs4 rw 0 0\n";
  const look = (directory: string, status: FileStatus | undefined, freeBytes = 100 * gib) =>
    checkDirectory({
      directory,
      uid: 1000,
      user: "user",
      files: {
        stat: async (path) => (path === directory ? status : folder),
        read: async () => Buffer.from(mounts),
        space: async () => ({ freeBytes, totalBytes: 200 * gib }),
      },
    });
  test.each([
    ["as it should be", "/data", folder, undefined, { data: "ok", space: "ok", "file system": "ok" }],
    ["of another user", "/data", { ...folder, uid: 0 }, undefined, { data: "fail" }],
    ["open for writing", "/data", { ...folder, mode: 0o770 }, undefined, { data: "fail" }],
    ["open for reading", "/data", { ...folder, mode: 0o755 }, undefined, { data: "warn" }],
    ["a file", "/data", { ...folder, kind: "file" as const }, undefined, { data: "fail" }],
    ["nearly full", "/data", folder, 1.5 * gib, { space: "warn" }],
    ["full", "/data", folder, gib / 2, { space: "fail" }],
    ["in memory", "/tmp/data", folder, undefined, { "file system": "warn" }],
    ["on another host", "/srv/a b/data", folder, undefined, { "file system": "warn" }],
    ["beside such a place", "/tmpdata", folder, undefined, { "file system": "ok" }],
  ] as const)("%s", async (_what, directory, status, freeBytes, expected) => {
    const checks = await look(directory, status, freeBytes);
    expect(verdicts(checks)).toMatchObject(expected);
    expect(checks.filter(({ verdict, next }) => verdict !== "ok" && next === undefined)).toEqual([]);
  });

  test("not made yet", async () => {
    expect(verdicts(await look("/data", undefined))).toEqual({ data: "ok" });
  });
});

describe("the sockets", () => {
  const place = {
    runtimeDirectory: "/run/x",
    socket: "/run/x/api.sock",
    isSystem: false,
    user: { uid: 1000, gid: 1000, name: "user", home: "/" },
  };
  const files = (inside: Record<string, FileStatus>): Pick<Files, "stat"> => ({ stat: async (path) => inside[path] });
  const both = (of: Partial<FileStatus>, at: Partial<FileStatus>) =>
    files({ "/run/x": { ...folder, ...of }, "/run/x/api.sock": { ...door, ...at } });
  test.each([
    ["as they should be", place, both({}, {}), undefined, "ok"],
    ["a folder that is gone", place, files({}), undefined, "fail"],
    ["a socket that is gone", place, files({ "/run/x": folder }), undefined, "fail"],
    ["a folder of another user", place, both({ uid: 0 }, {}), undefined, "fail"],
    ["a folder open to all", place, both({ mode: 0o777 }, {}), undefined, "fail"],
    ["a socket open to all", place, both({}, { mode: 0o666 }), undefined, "fail"],
    ["the system's, for its group", { ...place, isSystem: true }, both({}, { mode: 0o660 }), 990, "ok"],
    ["the system's, without the group", { ...place, isSystem: true }, both({}, {}), undefined, "warn"],
  ] as const)("%s", async (_what, config, port, group, verdict) => {
    const check = await checkSockets(config, port, group);
    expect([check.verdict, check.next === undefined]).toEqual([verdict, verdict === "ok"]);
  });
});

describe("leftovers", () => {
  const known = "019a0000-0000-7000-8000-000000000001";
  const unknown = "019a0000-0000-7000-8000-000000000002";
  const kept = { memory: "m-1", memoryBytes: 1, build: "b", accelerator: "tcg" };
  const point = {
    type: "instance.point-made",
    data: { id: "p", name: "good", kind: "snapshot", layer: "l-1", next: "l-2", bytes: 1, consistency: "memory", kept },
  };
  let scratch = "";
  const made: string[] = [];
  afterEach(() => {
    for (const each of made.splice(0)) rmSync(each, { recursive: true });
  });

  async function look(paths: readonly string[], argv: (directory: string) => readonly string[] = () => []) {
    scratch = mkdtempSync(join(tmpdir(), "strata-doctor-"));
    made.push(scratch);
    const [directory, runtimeDirectory] = [join(scratch, "data"), join(scratch, "run")];
    for (const path of paths) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), "x");
      if (path.endsWith("old")) utimesSync(join(scratch, path), 0, 0);
    }
    return checkLeftovers({
      directory,
      runtimeDirectory,
      files: systemFiles,
      processes: { list: () => [{ pid: 812, startTime: "1", uid: 0, argv: argv(directory) }] },
      world: worldOf([...running, facts.stopped(), point], `instance/${known}`),
      nowMs: Date.now(),
    });
  }
  const named = (id: string, word: string) => ["qemu", "-name", `${id},process=strata-00000001`, word];

  test("what belongs to an instance is none", async () => {
    const checks = await look(
      [
        "data/layers/l-1.qcow2",
        "data/layers/l-2.qcow2",
        "data/layers/quarantine/l-0.qcow2",
        "data/memories/m-1.img",
        `data/instances/${known}/seed.iso`,
        `run/${known.slice(-12)}/qmp`,
        "run/api.sock",
        "data/images/incoming/new",
      ],
      (directory) => named(known, `${directory}/x`),
    );
    expect(verdicts(checks)).toEqual({
      processes: "ok",
      switch: "ok",
      disks: "ok",
      memories: "ok",
      folders: "ok",
      incoming: "ok",
    });
  });

  test.each([
    ["a disk", "disks", ["data/layers/lost.qcow2"]],
    ["a saved memory", "memories", ["data/memories/lost.img"]],
    ["a folder", "folders", [`data/instances/${unknown}/seed.iso`]],
    ["a folder of sockets", "folders", [`run/${unknown.slice(-12)}/qmp`]],
    ["an image half received", "incoming", ["data/images/incoming/old"]],
  ] as const)("%s", async (_what, name, paths) => {
    const found = (await look(paths)).filter(({ verdict }) => verdict !== "ok");
    expect(found.map((check) => [check.name, check.verdict])).toEqual([[name, "warn"]]);
    expect(found[0]?.next).toStartWith("rm -");
  });

  test("a machine of this data directory that no instance owns", async () => {
    const [check] = await look([], (directory) => named(unknown, `${directory}/instances/x`));
    expect(check).toMatchObject({ name: "processes", verdict: "fail", next: "kill 812" });
  });

  test("the same, known only by its folder", async () => {
    const checks = await look([`data/instances/${unknown}/run.json`], () => named(unknown, "/proc/self/fd/3/x"));
    expect(verdicts(checks)).toMatchObject({ processes: "fail" });
  });

  test("a machine of another data directory is none of ours", async () => {
    expect(verdicts(await look([], () => named(unknown, "/other/x")))).toMatchObject({ processes: "ok" });
  });

  test("a switch of the network that no machine needs, but not another data directory's", async () => {
    const switchOf = (run: string) => ["/bin/strata", "helper", "switch", `${run}/switch.sock`];
    const checks = await look([], () => switchOf(join(scratch, "run")));
    expect(checks).toContainEqual(expect.objectContaining({ name: "switch", verdict: "warn", next: "kill 812" }));
    expect(verdicts(await look([], () => switchOf("/other/run")))).toMatchObject({ switch: "ok" });
  });

  test("a path with odd letters is safe to paste", async () => {
    const [, , disks] = await look(["data/layers/a'b c.qcow2"]);
    expect(disks?.next).toContain(`'${join(scratch, "data/layers")}/a'\\''b c.qcow2'`);
  });
});

test("the worst verdict is the whole's", () => {
  const check = (verdict: Check["verdict"]): Check => ({ name: "x", verdict, found: "" });
  expect([worst([]), worst([check("ok"), check("warn")]), worst([check("fail"), check("warn")])]).toEqual([
    "ok",
    "warn",
    "fail",
  ]);
});

test("seals that cannot be made, or do not arrive where they are sent, are told of", () => {
  expect(checkSeals(false, undefined)).toEqual([]);
  expect(verdicts(checkSeals(true, undefined))).toEqual({ seals: "warn" });
  expect(verdicts(checkSeals(false, { to: "journald", sent: 2, failed: 0 }))).toEqual({ anchor: "ok" });
  const [late] = checkSeals(false, { to: "file:/mnt/seals", sent: 1, failed: 2, why: "EIO" });
  expect(late).toMatchObject({ verdict: "warn", found: "file:/mnt/seals: EIO (2 of 3 seals did not arrive)" });
});

test("a sink that takes nothing is a warning with its reason and what waits for it, one that does is not", () => {
  expect(checkSink(undefined)).toEqual([]);
  expect(checkSink({ to: "syslog", behind: 0, failures: 0 })).toMatchObject([
    { verdict: "ok", found: "syslog: every event sent" },
  ]);
  expect(checkSink({ to: "syslog", behind: 3, failures: 2, why: "nobody is there" })).toEqual([
    {
      name: "sink",
      verdict: "warn",
      found: "syslog: nobody is there (3 events to be sent)",
      next: "strata set audit.sink=none",
    },
  ]);
});
