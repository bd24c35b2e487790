/** A storage on a real file system: what is found, what is refused and why, and that nothing of it is touched. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiClient } from "../../../src/api/client.ts";
import { diskPieces } from "../../../src/client/import/disk.ts";
import { foreignStores } from "../../../src/client/import/store.ts";
import { createStorage, entry, fingerprint, imageRecord, qemuImg } from "./storage.ts";

let directory = "";
let storage: ReturnType<typeof createStorage>;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "strata-storage-"));
  storage = createStorage(join(directory, "multipassd"));
  storage.add("web");
});
afterEach(() => rmSync(directory, { recursive: true }));

const stores = (environment: Record<string, string> = {}) => foreignStores({} as ApiClient, "1", environment);
const read = (at = storage.directory, environment: Record<string, string> = {}) => stores(environment).multipass(at);
const troubleOf = async (name: string) => (await read()).troubles.find((each) => each.name === name);
/** The bad one alone is refused. */
async function expectRefused(name: string, code: string, message: RegExp): Promise<void> {
  const { instances, troubles } = await read();
  expect(troubles).toMatchObject([{ name, code, message: expect.stringMatching(message) }]);
  expect(instances.map((each) => each.name)).toEqual(["web"]);
}

describe("what is there", () => {
  test("is found with its disk, snapshots, mounts and notes; nothing is touched", async () => {
    storage.snapshot("web", 1, "first", 0);
    storage.snapshot("web", 2, "second", 1);
    storage.add("gone", { deleted: true, state: 7, mac_addr: "52:54:00:aa:bb:02", extra_interfaces: [{}] });
    const before = fingerprint(storage.directory);
    const { instances, troubles, settings, aliases } = await read();
    expect(fingerprint(storage.directory)).toEqual(before);
    expect(troubles).toEqual([]);
    expect([settings, aliases]).toEqual([[], undefined]);
    expect(instances).toMatchObject([
      {
        name: "web",
        title: "Ubuntu 24.04 LTS",
        from: { manager: "multipass", name: "web", mac: "52:54:00:aa:bb:01", image: "f".repeat(64) },
        disk: { path: storage.disk("web"), format: "qcow2" },
        snapshots: [
          { tag: "@s1", name: "first" },
          { tag: "@s2", name: "second", parent: "first" },
        ],
        head: "second",
      },
      {
        name: "gone",
        isDeleted: true,
        notes: [/trash/, /another QEMU/, /network card/].map((text) => expect.stringMatching(text)),
      },
    ]);
  });

  test("is found below MULTIPASS_STORAGE, and in the folder that macOS has below it", async () => {
    const moved = join(directory, "S");
    mkdirSync(moved);
    renameSync(storage.directory, join(moved, "data"));
    expect((await stores({ MULTIPASS_STORAGE: moved }).multipass(undefined)).directory).toBe(join(moved, "data"));
    expect((await read(moved)).directory).toBe(join(moved, "data"));
    mkdirSync(join(directory, "mac"));
    renameSync(join(moved, "data"), join(directory, "mac/qemu"));
    expect((await read(join(directory, "mac"))).instances.map(({ name }) => name)).toEqual(["web"]);
  });

  test("aliases and settings are read beside it; what is wrong with them keeps no instance", async () => {
    const config = join(directory, "config");
    for (const name of ["multipass", "multipassd"]) mkdirSync(join(config, name), { recursive: true });
    writeFileSync(join(config, "multipassd/multipassd.conf"), "[local]\nbridged-network=eth0\n");
    const path = join(config, "multipass/multipass_aliases.json");
    const aliases = { "active-context": "default", contexts: { default: {} } };
    writeFileSync(path, JSON.stringify(aliases));
    const environment = { DAEMON_CONFIG_HOME: config, XDG_CONFIG_HOME: config };
    expect(await read(storage.directory, environment)).toMatchObject({ settings: ["local.bridged-network"], aliases });
    writeFileSync(path, "{");
    const damaged = await read(storage.directory, environment);
    expect(damaged.aliases).toBeUndefined();
    expect(damaged.faults).toEqual([expect.stringContaining("multipass_aliases.json is no JSON")]);
    expect(damaged.instances).toHaveLength(1);
  });
});

describe("no storage", () => {
  test("is told, with the form", async () => {
    await expect(read(join(directory, "nowhere"))).rejects.toMatchObject({ code: "storage-not-found" });
  });

  test("a damaged list of instances is not taken for an empty one", async () => {
    truncateSync(join(storage.directory, "multipassd-vm-instances.json"), 20);
    await expect(read()).rejects.toMatchObject({
      code: "storage-damaged",
      message: expect.stringContaining("is no JSON"),
    });
  });

  test("a list that is a link is not followed", async () => {
    const path = join(storage.directory, "multipassd-vm-instances.json");
    renameSync(path, join(directory, "elsewhere.json"));
    symlinkSync(join(directory, "elsewhere.json"), path);
    await expect(read()).rejects.toMatchObject({
      code: "storage-damaged",
      message: expect.stringContaining("is a link"),
    });
  });
});

describe("refused, while the others go on", () => {
  const mac = { mac_addr: "52:54:00:aa:bb:09" };

  test.each([2, 3, 4, 5, 6])("one in the state %d: its disk is written to", async (state) => {
    storage.add("bad", { ...mac, state });
    await expectRefused("bad", "instance-running", /in Multipass/);
    expect((await troubleOf("bad"))?.hints).toEqual([["next", "multipass stop bad"]]);
  });

  test("one whose disk a program holds, whatever its record says", async () => {
    storage.add("bad", { ...mac, state: 8 });
    const path = storage.disk("bad");
    const holder = Bun.spawn(["qemu-io", path], { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
    try {
      holder.stdin.write("write -P 1 0 64k\n");
      await holder.stdin.flush();
      const { value } = await holder.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toContain("qemu-io>");
      await expectRefused("bad", "disk-in-use", /may be writing/);
    } finally {
      holder.kill();
      await holder.exited;
    }
    expect((await read()).troubles).toEqual([]);
  });

  test("one whose entry, record or snapshot is damaged", async () => {
    storage.setInstance("bad", { ...entry(mac), num_cores: -1 });
    await expectRefused("bad", "record-damaged", /num_cores/);
    storage.add("bad", mac);
    storage.setImage("bad", { image: { path: 7 } });
    await expectRefused("bad", "record-damaged", /image\.path/);
    storage.setImage("bad", undefined);
    await expectRefused("bad", "record-missing", /record is missing/);
    storage.setImage("bad", imageRecord("bad"));
    storage.snapshot("bad", 1, "first", 0);
    writeFileSync(join(storage.folder("bad"), "0001.snapshot.json"), '{"snapshot":');
    await expectRefused("bad", "record-damaged", /0001\.snapshot\.json is no JSON/);
  });

  test("all of them, when the records of their images cannot be read", async () => {
    writeFileSync(join(storage.directory, "vault/multipassd-instance-image-records.json"), "?");
    expect((await read()).troubles).toMatchObject([{ name: "web", code: "record-damaged" }]);
  });

  test("one without its disk or its folder, and one whose record leads elsewhere", async () => {
    storage.add("bad", mac, { disk: false });
    await expectRefused("bad", "disk-missing", /disk\.img is missing/);
    storage.setImage("bad", imageRecord("bad", "../../../../../../etc/passwd"));
    await expectRefused("bad", "disk-missing", /bad\/passwd is missing/);
    rmSync(storage.folder("bad"), { recursive: true });
    await expectRefused("bad", "disk-missing", /folder .* is missing/);
  });

  test("one whose disk needs another file, or is no qcow2", async () => {
    storage.add("bad", mac, { disk: false });
    const path = storage.disk("bad");
    qemuImg("create", "-q", "-u", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw", path, "8M");
    await expectRefused("bad", "image-invalid", /backing file/);
    rmSync(path);
    qemuImg("create", "-q", "-f", "qcow2", "-o", `data_file=${path}.data`, path, "8M");
    await expectRefused("bad", "image-invalid", /keeps its data outside/);
    for (const [what, bytes] of [
      ["nothing", ""],
      ["a text", "hello"],
      ["the beginning of a qcow2", "QFI\xfb"],
    ] as const) {
      writeFileSync(path, Buffer.from(bytes, "latin1"));
      expect({ what, code: (await troubleOf("bad"))?.code }).toEqual({ what, code: "image-invalid" });
    }
  });

  test("one whose disk is called raw, and begins like a qcow2, or the other way round", async () => {
    storage.add("bad", mac, { file: "disk.raw" });
    await expectRefused("bad", "disk-format-unsure", /should be raw/);
    storage.add("bad", mac, { disk: false });
    const sector = Buffer.alloc(2 ** 20);
    sector.writeUInt16LE(0xaa55, 510);
    writeFileSync(storage.disk("bad"), sector);
    await expectRefused("bad", "disk-format-unsure", /should be qcow2/);
  });

  test("one whose disk, folder or snapshot is a link", async () => {
    storage.add("bad", mac);
    const path = storage.disk("bad");
    renameSync(path, join(directory, "disk.img"));
    symlinkSync(join(directory, "disk.img"), path);
    await expectRefused("bad", "storage-damaged", /disk\.img is a link/);
    renameSync(storage.folder("bad"), join(directory, "folder"));
    symlinkSync(join(directory, "folder"), storage.folder("bad"));
    await expectRefused("bad", "storage-damaged", /bad is a link/);
  });

  test("one that is a pipe does not make anybody wait", async () => {
    storage.add("bad", mac, { disk: false });
    Bun.spawnSync(["mkfifo", storage.disk("bad")]);
    await expectRefused("bad", "storage-damaged", /is no file/);
  });

  test("one with a name or a user that would be something else here", async () => {
    storage.setInstance("../bad", entry(mac));
    await expectRefused("../bad", "name-invalid", /not an instance name/);
    storage.setInstance("../bad", entry({ num_cores: 0, mac_addr: "" }));
    storage.add("bad", { ...mac, ssh_username: "me\n  - run: it" });
    await expectRefused("bad", "user-invalid", /no name that strata can log in with/);
  });
});

test("a disk that changes while it is read is not taken", async () => {
  const { instances } = await read();
  const [web] = instances;
  if (!web) throw new Error("bug: web is there");
  const pieces = diskPieces(web.disk, new AbortController().signal);
  const whole = async () => {
    let bytes = 0;
    for await (const piece of pieces) {
      bytes += piece.length;
      writeFileSync(web.disk.path, "x", { flag: "a" });
    }
    return bytes;
  };
  await expect(whole()).rejects.toMatchObject({ code: "disk-changed" });
  await expect(diskPieces(web.disk, new AbortController().signal).next()).rejects.toMatchObject({
    code: "disk-changed",
  });
});
