/** A storage in Multipass's form, with the disk of a real guest that was written to between two snapshots, through the compiled binary. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createStorage, fingerprint, qemuImg } from "../client/import/storage.ts";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
let storage: ReturnType<typeof createStorage>;
const madeMs = 3 * guestMs;
const importMs = 60_000;

const inside = (name: string, script: string) => home.ok("exec", name, "--", "sh", "-c", script);
const bring = (...words: string[]) => home.run(["import", "--from", "multipass", storage.directory, ...words]);
const listed = async () => JSON.parse(await home.ok("list", "--json")).list.map((each: { name: string }) => each.name);
const filesIn = (folder: string): string[] => {
  const path = join(home.environment["STRATA_HOME"] ?? "", folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
};

/** Checks of what belongs to nobody; a layer that was let go of stands in the log until the next round takes it away. */
const leftovers = async () => {
  const { checks } = JSON.parse(await home.ok("doctor", "--json")) as { checks: { name: string; verdict: string }[] };
  const wanted = checks.filter(({ name }) => ["disks", "folders", "incoming"].includes(name));
  expect(wanted).toHaveLength(3);
  return wanted.filter(({ verdict }) => verdict !== "ok");
};

/** Boots a guest, keeps what it holds at three moments, and writes them into one image, one over the other. */
async function makeDisk(path: string): Promise<void> {
  const maker = createHome();
  try {
    const text = join(maker.directory, "first.yaml");
    await Bun.write(text, "#cloud-config\nruncmd:\n  - echo ran >> /root/ran\n");
    await maker.ok("launch", "tiny", "--name", "maker", "--memory", "256M", "--cloud-init", text);
    for (const moment of ["one", "two"]) {
      await maker.ok("exec", "maker", "--", "sh", "-c", `echo ${moment} > notes; sync`);
      await maker.ok("snapshot", `maker@${moment}`);
    }
    await maker.ok("exec", "maker", "--", "sh", "-c", "echo three > notes; sync");
    await maker.ok("stop", "maker");
    const [{ points }] = JSON.parse(await maker.ok("history", "maker", "--tree", "--json")).instances;
    const layers = points.map(({ layer }: { layer: string }) => join(maker.directory, "data/layers", `${layer}.qcow2`));
    expect(layers).toHaveLength(3);
    rmSync(path);
    qemuImg("convert", "-O", "qcow2", layers[0], path);
    storage.snapshot("web", 1, "first", 0);
    qemuImg("convert", "-n", "-O", "qcow2", layers[1], path);
    storage.snapshot("web", 2, "second", 1);
    qemuImg("convert", "-n", "-O", "qcow2", layers[2], path);
  } finally {
    await maker.close();
  }
}

beforeAll(async () => {
  home = createHome();
  storage = createStorage(join(home.directory, "multipassd"));
  storage.add("web", { mounts: [{ source_path: "/home/me", target_path: "/me" }] });
  storage.add("busy", { state: 4, mac_addr: "52:54:00:aa:bb:02" });
  storage.add("gone", { deleted: true, mac_addr: "52:54:00:aa:bb:03" });
  await makeDisk(storage.disk("web"));
}, madeMs);
afterAll(() => home?.close(), 60_000);

test(
  "a dry run says what would be done, in every format, and does nothing",
  async () => {
    const said = await bring("--dry-run");
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/^web +import +stopped +Ubuntu 24\.04 LTS .* first, second$/m);
    expect(said.stdout).toContain("strata mount /home/me web:/me");
    expect(said.stdout).toContain("next: multipass stop busy");
    const { instances } = JSON.parse((await bring("--dry-run", "--json")).stdout);
    expect(instances.map((each: { name: string; verdict: string }) => [each.name, each.verdict])).toEqual([
      ["busy", "refuse"],
      ["gone", "import"],
      ["web", "import"],
    ]);
    for (const format of ["yaml", "csv", "ndjson"])
      expect((await bring("--dry-run", "--format", format)).stdout).toContain("second");
    expect((await bring("--dry-run", "-q")).stdout).toBe("gone\nweb\n");
    expect(await listed()).toEqual([]);
  },
  importMs,
);

test(
  "one that is cancelled leaves nothing, neither before there is an operation nor within it",
  async () => {
    const early = home.start(["import", "--from", "multipass", storage.directory, "web"]);
    await until("the disk is on its way", () => filesIn("images/incoming").length > 0);
    early.kill("SIGINT");
    expect(await early.exited).toBe(130);
    const late = home.start(["import", "--from", "multipass", storage.directory, "web"]);
    await until("it is an operation", async () => (await listed()).includes("web"));
    late.kill("SIGINT");
    expect(await late.exited).toBe(130);
    expect(await listed()).toEqual([]);
    expect(JSON.parse(await home.ok("images", "--json")).images).toEqual([]);
    const left = () => [...filesIn("images"), ...filesIn("images/incoming"), ...filesIn("layers")];
    await until(
      "no file of it is left",
      () => left().length === 1,
      importMs / 2,
      async () => left().join(" "),
    );
  },
  importMs,
);

test(
  "a daemon that is killed under it: the next one finishes it, and the storage is untouched",
  async () => {
    const before = fingerprint(storage.directory);
    const importing = home.start(["import", "--from", "multipass", storage.directory]);
    await until("its layers are made", async () => (await listed()).includes("web") && filesIn("layers").length > 0);
    process.kill(await home.daemonPid(), "SIGKILL");
    expect(await importing.exited).toBe(2);
    const talk = await new Response(importing.stderr).text();
    expect(talk).toContain("failed: busy: it is running in Multipass");
    expect(talk).toContain("import failed for 1 of 3 instances: busy [some-failed]");
    expect(fingerprint(storage.directory)).toEqual(before);
    const states = JSON.parse(await home.ok("list", "--json")).list;
    expect(states.map((each: { name: string; state: string }) => [each.name, each.state])).toEqual([
      ["gone", "Deleted"],
      ["web", "Stopped"],
    ]);
    expect(await leftovers()).toEqual([]);
    expect(JSON.parse(await home.ok("images", "--json")).images).toHaveLength(2);
    const again = await bring("web", "gone");
    expect({ code: again.code, said: again.stderr }).toEqual({
      code: 0,
      said: "skipped: gone: imported already: gone, in the trash\nskipped: web: imported already: web\n",
    });
  },
  2 * importMs,
);

test(
  "the guest starts as another one, lets the daemon in, and does not run its first text again; each snapshot has its content",
  async () => {
    const info = JSON.parse(await home.ok("info", "web", "--json")).info.web;
    expect(info).toMatchObject({ cpu_count: "1", specs: { memory: 2 ** 28, disk: 5 * 2 ** 30 }, snapshot_count: "2" });
    const tree = await home.ok("history", "web", "--tree");
    expect(tree).toMatch(/first +2024-05-01.*\n.*"comment of first"\n +└─ second +2024-05-02/);
    await home.ok("start", "web");
    expect(await inside("web", "cat notes; sudo cat /root/ran; cat /sys/class/net/eth0/address")).toBe(
      "three\nran\n52:54:00:aa:bb:01\n",
    );
    await home.ok("restore", "web@first");
    expect(await inside("web", "cat notes")).toBe("one\n");
    await home.ok("restore", "web@second", "--discard");
    expect(await inside("web", "cat notes")).toBe("two\n");
    await home.ok("restore", "web@branch1", "--discard");
    expect(await inside("web", "cat notes")).toBe("three\n");
  },
  4 * guestMs,
);

test(
  "files of its points can be read; undo puts it in the trash, and a purge leaves nothing",
  async () => {
    expect(await home.ok("transfer", "web@first:/home/ubuntu/notes", "-")).toBe("one\n");
    const operations = JSON.parse(await home.ok("history", "web", "--json")).history as {
      number?: number;
      type: string;
    }[];
    const done = operations.find(({ type }) => type === "import")?.number;
    await home.ok("stop", "web", "--force");
    await home.ok("undo", String(done), "--yes");
    expect(JSON.parse(await home.ok("info", "web", "--json")).info.web.state).toBe("Deleted");
    await home.ok("purge");
    expect(await leftovers()).toEqual([]);
    await until("its images are gone", () => !filesIn("images").some((name) => name.endsWith(".qcow2")));
    const verified = await home.run(["audit", "verify"]);
    expect(verified.code).toBe(0);
  },
  guestMs,
);
