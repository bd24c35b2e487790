/** Native mounts of a real guest that are in somebody's way, lose their server or their folder, or belong to an ordinary user. */
import { afterEach, expect, test } from "bun:test";
import {
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { binary, createHome, guestMs, type Home, resultOf, until } from "./harness.ts";

const isRoot = process.getuid?.() === 0;
/** Nobody on the host. */
const stranger = 64_242;
let home: Home | undefined;
afterEach(async () => {
  await home?.close();
  home = undefined;
}, 60_000);

/** As somebody else, when `uid` says so. */
function hands(given: Home, uid?: number) {
  const as = uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--groups=27,100"];
  const program = uid === undefined ? binary : copied(given);
  const run = (...words: string[]) =>
    resultOf(
      Bun.spawn([...as, program, ...words], {
        env: given.environment,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      }),
    );
  const ok = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(...words);
    expect({ words, code, stderr: code === 0 ? "" : stderr }).toEqual({ words, code: 0, stderr: "" });
    return stdout;
  };
  const inside = (script: string) => ok("exec", "web", "--", "sh", "-c", script);
  const server = () => serverOf(given);
  return { run, ok, inside, server };
}

/** Pid of what serves a folder, as it was noted; undefined: it does not run. */
function serverOf({ directory }: Home): number | undefined {
  const notes = [...new Bun.Glob("data/instances/*/mount-*.json").scanSync(directory)];
  const pids = notes.map((path) => Number(JSON.parse(readFileSync(join(directory, path), "utf8")).process.pid));
  return pids.find((pid) => existsSync(`/proc/${pid}/cwd`));
}

/** The program and its image, where anybody may be let in: the folder of this project may be closed to others. */
function copied({ directory }: Home): string {
  const program = join(directory, "program/strata");
  mkdirSync(join(directory, "program/images"), { recursive: true });
  copyFileSync(binary, program, constants.COPYFILE_FICLONE);
  for (const name of ["tiny.json", "tiny.qcow2"])
    copyFileSync(join(dirname(binary), "images", name), join(directory, "program/images", name));
  return program;
}

const folderOf = (given: Home, uid?: number) => {
  const folder = join(given.directory, "a folder, ä");
  mkdirSync(folder);
  if (uid !== undefined) for (const path of [given.directory, folder]) chownSync(path, uid, uid);
  writeFileSync(join(folder, "host"), "from the host");
  if (uid !== undefined) chownSync(join(folder, "host"), uid, uid);
  return folder;
};

test(
  "a busy one says who holds it; without its server, its folder or its machine it comes back as soon as it can",
  async () => {
    home = createHome();
    const folder = folderOf(home);
    const { run, ok, inside, server } = hands(home);
    await ok("launch", "tiny", "--name", "web", "--memory", "256M");
    await ok("mount", "--type", "native", folder, "web:/mnt/a b");
    const shows = async () => (await run("exec", "web", "--", "cat", "/mnt/a b/host")).stdout === "from the host";
    expect(await inside("cat '/mnt/a b/host'; echo guest >'/mnt/a b/guest'; sudo touch '/mnt/a b/root'")).toBe(
      "from the host",
    );
    expect(readFileSync(join(folder, "guest"), "utf8")).toBe("guest\n");
    expect(await inside("stat -c %u '/mnt/a b/host' '/mnt/a b/root'")).toBe("1000\n1000\n");

    await inside("cd '/mnt/a b' && { sleep 4321 >/dev/null 2>&1 & echo $! >/tmp/pid; }");
    for (const words of [
      ["suspend", "web"],
      ["snapshot", "web@busy", "--with-memory"],
    ]) {
      const refused = await run(...words);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(/in use in "web" by sleep \(\d+\) \[mount-busy\].*umount --force/s);
    }
    await inside("kill $(cat /tmp/pid)");

    const first = server();
    process.kill(first ?? 0, "SIGKILL");
    await until("another server", () => server() !== undefined && server() !== first, 90_000);
    await until("it is back without its first server", shows, 90_000);

    rmSync(folder, { recursive: true });
    await until("it is told", async () => (await ok("info", "web")).includes("degraded"), 90_000);
    mkdirSync(folder);
    writeFileSync(join(folder, "host"), "from the host");
    await until("it is back with its folder", shows, 90_000);

    await ok("stop", "web");
    await until("no server is left", () => server() === undefined);
    await ok("start", "web");
    expect(await shows()).toBe(true);
    await ok("umount", "web:/mnt/a b");
    await until("no server is left after the umount", () => server() === undefined);
    expect(await inside("ls '/mnt/a b'")).toBe("");
  },
  4 * guestMs,
);

test.skipIf(!isRoot)(
  "an ordinary user's is served as that user, whom the guest sees as its own, and read-only holds against the guest's root",
  async () => {
    home = createHome();
    const folder = folderOf(home, stranger);
    const { run, ok, inside, server } = hands(home, stranger);
    await ok("launch", "tiny", "--name", "web", "--memory", "256M");
    await ok("mount", "--type", "native", folder, "web:/mnt/w");
    await ok("mount", "--type", "native", "--read-only", folder, "web:/mnt/r");
    await inside("echo one >/mnt/w/one; sudo sh -c 'echo two >/mnt/w/two'");
    for (const name of ["one", "two"]) expect(statSync(join(folder, name)).uid).toBe(stranger);
    expect(
      await inside("cat /mnt/r/one; sudo mount -o remount,rw /mnt/r; sudo touch /mnt/r/no 2>/dev/null || echo no"),
    ).toBe("one\nno\n");
    expect(existsSync(join(folder, "no"))).toBe(false);
    expect(readFileSync(`/proc/${server()}/status`, "utf8")).toMatch(new RegExp(`^Uid:(\t${stranger}){4}$`, "m"));
    const refused = await run("mount", "--type", "native", "--uid-map", "0:1000", folder, "web:/mnt/x");
    expect(refused.stderr).toMatch(/cannot show uid 0 as 1000.*\[mount-unsupported\]/s);
  },
  2 * guestMs,
);
