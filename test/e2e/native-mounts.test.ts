/** Native mounts of a real guest: a virtiofs device that comes and goes with the machine, its memory, its server and the daemon. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until } from "./harness.ts";
import { startWriter } from "./writer.ts";

let home: Home;
const folder = (...parts: readonly string[]) => join(home.directory, "host", ...parts);
const src = "/home/ubuntu/src";

beforeAll(() => {
  home = createHome();
  mkdirSync(folder("src"), { recursive: true });
  writeFileSync(folder("src/notes"), "from the host\n");
  chmodSync(folder("src/notes"), 0o600);
});
afterAll(() => home.close(), 60_000);

/** What hangs in a guest must not hang the test. */
const inside = (script: string) => home.run(["exec", "web", "--timeout", "60s", "--", "sh", "-c", script]);
const read = async (path: string) => (await inside(`cat ${path}`)).stdout;
const mounts = async (): Promise<Record<string, { state: string; degraded?: { code: string } }>> =>
  JSON.parse(await home.ok("info", "web", "--json")).info.web.mounts;
const isThere = async () => (await read("src/notes")) === "from the host\n";
const isBack = () => until("the mount is back", isThere, 90_000);
const servers = () => home.processes("virtiofsd");

test(
  "it is plugged into a machine that runs, and both sides see the same",
  async () => {
    await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
    await home.ok("mount", folder("src"), "web", "--type", "native");
    expect((await mounts())[src]).toMatchObject({ state: "active" });
    expect((await inside("grep -c ' virtiofs ' /proc/mounts")).stdout).toBe("1\n");
    expect((await inside("stat -c %U:%G src/notes")).stdout).toBe("ubuntu:ubuntu\n");
    const work = `cd src && mkdir -p a/b && printf there >a/b/c && ln -s c a/b/link && mv a/b a/d && chmod 640 a/d/c
dd if=/dev/urandom of=blob bs=64k count=48 2>/dev/null; sha256sum blob | cut -d' ' -f1`;
    const { stdout, stderr } = await inside(work);
    expect(stderr).toBe("");
    const sha256 = new Bun.CryptoHasher("sha256").update(readFileSync(folder("src/blob"))).digest("hex");
    expect(sha256).toBe(stdout.trim());
    expect(readFileSync(folder("src/a/d/link"), "utf8")).toBe("there");
    expect(statSync(folder("src/a/d/c")).mode & 0o777).toBe(0o640);
    expect(statSync(folder("src/a/d/c")).uid).toBe(process.getuid?.() ?? 0);
  },
  guestMs,
);

test(
  "memory is saved without it, and it comes back; while it is in use that is refused",
  async () => {
    await home.ok("snapshot", "web@idle", "--with-memory");
    await isBack();
    const user = home.start(["exec", "web", "--", "sh", "-c", "cd src && echo there && sleep 1000"]);
    await user.stdout.getReader().read();
    const refused = await home.run(["snapshot", "web@busy", "--with-memory"]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/sleep \(\d+\)[\s\S]*\[mount-busy\]/)]);
    await home.ok("snapshot", "web@disk");
    user.kill("SIGKILL");
    await inside("pkill sleep");
    await home.ok("restore", "web@idle");
    await isBack();
    await home.ok("suspend", "web");
    await home.ok("start", "web");
    await isBack();
  },
  3 * guestMs,
);

test(
  "a daemon that is killed leaves it working; the next one knows it",
  async () => {
    const before = servers();
    expect(before).not.toEqual([]);
    process.kill(await home.daemonPid(), "SIGKILL");
    await isBack();
    await until("it is known", async () => (await mounts())[src]?.state === "active");
    expect(servers()).toEqual(before);
  },
  guestMs,
);

test(
  "it is there after a reboot and a cut of the power in the middle of a write, which lose nothing that was promised, and gone with umount",
  async () => {
    const rebooted = await startWriter(home, "src", folder("src/rebooted"));
    const { stdout: boot } = await inside("cat /proc/sys/kernel/random/boot_id");
    await inside("sudo reboot");
    const isNew = async () => ![boot, ""].includes((await inside("cat /proc/sys/kernel/random/boot_id")).stdout);
    await until("it has booted again", isNew, guestMs);
    await isBack();
    await rebooted.check();
    const cut = await startWriter(home, "src", folder("src/cut"));
    await home.ok("stop", "web", "--force");
    await cut.check();
    await home.ok("start", "web");
    await isBack();
    await home.ok("umount", "web");
    expect((await inside("ls src")).stdout).toBe("");
    await until("no server is left", () => servers().length === 0);
    await home.ok("delete", "web");
    await home.ok("purge");
    expect(readFileSync(folder("src/notes"), "utf8")).toBe("from the host\n");
  },
  3 * guestMs,
);
