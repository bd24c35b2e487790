/** Mounts of a real guest: they carry work both ways, and survive all that a machine, its guest and the daemon go through. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until } from "./harness.ts";
import { startWriter } from "./writer.ts";

let home: Home;
const folder = (...parts: readonly string[]) => join(home.directory, "host", ...parts);
/** Of a name with what shells, mount tables and encodings trip over. */
const awkward = "it's a\\ földer";
/** Where it is in the guest, for its shell. */
const awkwardInside = `"/srv/it's a\\\\ földer"`;

beforeAll(() => {
  home = createHome();
  mkdirSync(folder("src"), { recursive: true });
  mkdirSync(folder(awkward));
  writeFileSync(folder("src/notes"), "from the host\n");
  writeFileSync(folder(awkward, "read me"), "only\n");
});
afterAll(() => home.close(), 60_000);

const inside = (script: string) => home.run(["exec", "web", "--", "sh", "-c", script]);
const read = async (path: string) => (await inside(`cat ${path}`)).stdout;
interface Info {
  readonly health: string;
  readonly mounts: Readonly<Record<string, { state: string; degraded?: { code: string } }>>;
}
const info = async (): Promise<Info> => JSON.parse(await home.ok("info", "web", "--json")).info.web;
const src = "/home/ubuntu/src";
const isBack = () => until("the mount is back", async () => (await read("src/notes")) === "from the host\n", 90_000);

test(
  "a launch brings a folder along, which belongs to the instance's user there",
  async () => {
    const launch = ["launch", "tiny", "--name", "web", "--memory", "256M", "--mount", folder("src")];
    await home.ok(...launch);
    expect(await read("src/notes")).toBe("from the host\n");
    const owner = await inside("stat -c %U:%G src src/notes");
    expect(owner.stdout).toBe("ubuntu:ubuntu\nubuntu:ubuntu\n");
    expect((await info()).mounts[src]).toMatchObject({ state: "active" });
  },
  guestMs,
);

test(
  "it carries work: a tree is copied, renamed, linked, cut and taken away, and both sides see the same",
  async () => {
    const work = `set -e; cp -r /usr/lib/tiny own; cd src
cp -a ../own tree; cd tree; mv boot moved; ln -s moved link; ln moved hard
chmod 640 moved; printf more >>seed.awk; truncate -s 10 late; mkdir -p deep/er; touch -d '2020-02-02 02:02:02' deep/er
dd if=/dev/urandom of=blob bs=64k count=48 2>/dev/null; sha256sum blob | cut -d' ' -f1; rm finish; diff -r ~/own . | sort >../differences`;
    const ran = await inside(work);
    expect(ran.stderr).toBe("");
    const tree = folder("src/tree");
    expect(new Bun.CryptoHasher("sha256").update(readFileSync(join(tree, "blob"))).digest("hex")).toBe(
      ran.stdout.trim(),
    );
    expect(readdirSync(tree)).toContain("link");
    expect(statSync(join(tree, "moved")).mode & 0o777).toBe(0o640);
    expect(statSync(join(tree, "hard")).ino).toBe(statSync(join(tree, "moved")).ino);
    expect(statSync(join(tree, "late")).size).toBe(10);
    expect(readFileSync(join(tree, "seed.awk"), "utf8")).toEndWith("more");
    writeFileSync(join(tree, "moved"), "changed here\n");
    await until("the guest sees a change of the host", async () => (await read("src/tree/link")) === "changed here\n");
    expect((await inside("rm -r src/tree && ls src")).stdout).toBe("differences\nnotes\n");
    expect(readdirSync(folder("src")).toSorted()).toEqual(["differences", "notes"]);
  },
  guestMs,
);

test(
  "a second one has an awkward name, and is read only",
  async () => {
    const place = `web:/srv/${awkward}`;
    const ran = await home.run(["mount", folder(awkward), place, "--read-only"]);
    expect([ran.code, ran.stderr]).toEqual([0, expect.stringContaining(`Mounted: ${folder(awkward)} in ${place}`)]);
    expect(await read(`${awkwardInside}/"read me"`)).toBe("only\n");
    expect((await inside(`touch ${awkwardInside}/x`)).stderr).toContain("Read-only file system");
    expect(readdirSync(folder(awkward))).toEqual(["read me"]);
    expect(Object.keys((await info()).mounts)).toEqual([src, `/srv/${awkward}`]);
  },
  guestMs,
);

test.each([
  [["/nowhere", "web"], "mount-source-missing", 2],
  [["/etc/passwd", "web"], "mount-source-missing", 2],
  [["/tmp", "web:/proc/x"], "mount-invalid", 1],
  [["/tmp", "web:/home/ubuntu"], "mount-invalid", 1],
  [["/tmp", "web:src"], "mount-exists", 2],
  [["/tmp", "web:src/inside"], "mount-nested", 2],
  [["/tmp", "nobody"], "instance-not-found", 2],
  [["/tmp", "web:x", "--uid-map", "1000"], "map-invalid", 1],
  [["/tmp", "web:x", "--uid-map", "1:2", "--uid-map", "1:3"], "map-invalid", 1],
  [["/tmp", "web:x", "--type", "nfs"], "mount-type-invalid", 1],
])("mount %j is refused", async (words, code, exit) => {
  const ran = await home.run(["mount", ...words]);
  expect([ran.stderr, ran.code]).toEqual([expect.stringContaining(`[${code}]`), exit]);
});

test(
  "what uses it keeps it, by name; --force takes it all the same",
  async () => {
    const user = home.start(["exec", "web", "--", "sh", "-c", "cd src && echo there && sleep 1000"]);
    await user.stdout.getReader().read();
    const refused = await home.run(["umount", "web:src"]);
    expect(refused.stderr).toMatch(/in use in "web" by .*sleep \(\d+\).*\[mount-busy\]/);
    expect(await read("src/notes")).toBe("from the host\n");
    await home.ok("umount", "web:src", "--force");
    expect(await read("src/notes")).toBe("");
    user.kill("SIGKILL");
    await home.ok("undo", "--yes");
    expect(await read("src/notes")).toBe("from the host\n");
  },
  guestMs,
);

test(
  "a daemon that is killed leaves nothing in the way of the next one",
  async () => {
    const helpers = home.processes().length;
    process.kill(await home.daemonPid(), "SIGKILL");
    // Each comes back by itself, one after the other.
    await isBack();
    await until("the other one is back", async () => (await read(`${awkwardInside}/"read me"`)) === "only\n", 90_000);
    await until("no helper is left of before", () => home.processes().length <= helpers);
    expect((await inside("grep -c fuse.sshfs /proc/mounts")).stdout).toBe("2\n");
  },
  guestMs,
);

test(
  "a helper that dies is started again",
  async () => {
    const [pid] = home.processes(`"source":"${folder("src")}"`);
    if (pid === undefined) throw new Error("no helper serves the folder");
    process.kill(pid, "SIGKILL");
    await isBack();
  },
  guestMs,
);

test(
  "a folder that goes is told, and comes back by itself",
  async () => {
    renameSync(folder("src/notes"), folder("notes"));
    rmSync(folder("src"), { recursive: true });
    const code = async () => (await info()).mounts[src]?.degraded?.code;
    await until(
      "it is degraded",
      async () => {
        await inside("ls src");
        return (await code()) === "mount-source-missing";
      },
      90_000,
    );
    mkdirSync(folder("src"));
    renameSync(folder("notes"), folder("src/notes"));
    await isBack();
    await until("it is told", async () => (await code()) === undefined);
    expect(await home.ok("history", "web")).toMatch(
      /mount \S+ is back: web[\s\S]*mount \S+ lost \(mount-source-missing\): web/,
    );
  },
  guestMs,
);

test(
  "a guest that is rebooted, or loses its power, in the middle of a write has on the host what it was promised, and the mount again",
  async () => {
    const health = async () => (await info()).health;
    const { stdout: before } = await inside("cat /proc/sys/kernel/random/boot_id");
    const daemon = await home.daemonPid();
    const rebooted = await startWriter(home, "src", folder("src/rebooted"));
    await inside("sudo reboot");
    await until("the guest goes", async () => (await health()) !== "ready", guestMs);
    await until("it is back", async () => (await health()) === "ready", guestMs);
    expect((await inside("cat /proc/sys/kernel/random/boot_id")).stdout).not.toBe(before);
    await isBack();
    await rebooted.check();
    const cut = await startWriter(home, "src", folder("src/cut"));
    await home.ok("stop", "web", "--force");
    await cut.check();
    expect((await info()).mounts[src]?.state).toBe("waiting");
    await home.ok("start", "web");
    expect(await read("src/notes")).toBe("from the host\n");
    await inside("rm src/rebooted src/cut");
    expect(await home.daemonPid()).toBe(daemon);
  },
  3 * guestMs,
);

test(
  "memory that had it in use goes on with it, and a restore brings the mounts of then",
  async () => {
    await inside("(cd src && exec sleep 1000) >/dev/null 2>&1 &");
    await home.ok("snapshot", "web@good", "--with-memory");
    await home.ok("umount", "web", "--force");
    expect((await info()).mounts).toEqual({});
    await home.ok("restore", "web@good");
    expect(Object.keys((await info()).mounts)).toEqual([`/srv/${awkward}`, src]);
    expect(await read("src/notes")).toBe("from the host\n");
    expect((await inside("pgrep -c sleep")).stdout.trim()).not.toBe("0");
    await home.ok("suspend", "web");
    await home.ok("start", "web");
    expect(await read("src/notes")).toBe("from the host\n");
  },
  3 * guestMs,
);

test(
  "at the end nothing of it is left on the host",
  async () => {
    await home.ok("delete", "web");
    await home.ok("purge");
    await until("no helper is left", () => home.processes().length === 1);
    expect(readFileSync(folder("src/notes"), "utf8")).toBe("from the host\n");
    expect(await home.ok("audit", "verify")).toMatch(/^ok\s/m);
  },
  guestMs,
);
