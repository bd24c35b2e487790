/** A host whose disk fills up under a real guest: it pauses and goes on by itself, and what frees space needs none. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { binary, createHome, guestMs, type Home, type Ran, until } from "./harness.ts";

let home: Home;
let mount: string;
/** Holds the mount's namespace: the mount goes with the last process in it. */
let holder: ReturnType<typeof Bun.spawn>;

const isRoot = process.getuid?.() === 0;
const mebibyte = 2 ** 20;

/** Runs words inside the namespace of the mount. */
async function inside(words: readonly string[], limitMs = guestMs): Promise<Ran> {
  const entering = ["nsenter", "-t", String(holder.pid), ...(isRoot ? ["-m"] : ["-U", "-m", "--preserve-credentials"])];
  const child = Bun.spawn([...entering, ...words], {
    env: { ...home.environment, STRATA_HOME: join(mount, "data") },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const code = await child.exited;
  clearTimeout(timer);
  return { code, stdout, stderr };
}

const strata = (...words: string[]) => inside([binary, ...words]);
const bytesUsed = async () =>
  Number((await inside(["stat", "-f", "-c", "%b %f %S", mount])).stdout.split(" ").reduce(usedOf, 0));
const usedOf = (sum: number, word: string, at: number) =>
  at === 0 ? Number(word) : at === 1 ? sum - Number(word) : sum * Number(word);
/** So much is free from now on, without a byte being written. */
const leaveFree = async (bytes: number) =>
  inside(["mount", "-o", `remount,size=${(await bytesUsed()) + bytes}`, mount]);
const infoOf = async () => JSON.parse((await strata("info", "web", "--json")).stdout).info.web;

beforeAll(async () => {
  home = createHome();
  mount = join(home.directory, "small");
  mkdirSync(mount, { mode: 0o711 });
  holder = Bun.spawn([
    "unshare",
    isRoot ? "-m" : "-rm",
    "sh",
    "-c",
    `mount -t tmpfs -o size=1600m,mode=711 tmpfs ${mount} && exec sleep 3600`,
  ]);
  await until("the small disk is there", async () => (await bytesUsed()) < 100 * mebibyte);
  const launched = await strata("launch", "tiny", "--name", "web", "--memory", "256M");
  expect({ code: launched.code, talk: launched.stderr }).toMatchObject({ code: 0 });
}, guestMs);
afterAll(async () => {
  await leaveFree(100 * mebibyte);
  await strata("delete", "--purge", "web");
  await strata("daemon", "stop");
  holder.kill("SIGKILL");
  await home.close();
}, 60_000);

test(
  "a guest that fills it is paused, shown with the cause and the next command, and goes on when there is space",
  async () => {
    await leaveFree(12 * mebibyte);
    await strata(
      "exec",
      "web",
      "--",
      "sh",
      "-c",
      "nohup sh -c 'dd if=/dev/urandom of=$HOME/big bs=1M count=60; sync; echo whole > $HOME/done' >/dev/null 2>&1 &",
    );
    await until("it is paused", async () => (await infoOf()).health === "paused", 60_000);
    expect((await strata("list")).stdout).toMatch(/web +Running +paused/);
    expect((await infoOf()).paused.reason).toBe("no space for its disk on the host");
    const explained = (await strata("explain", "web")).stdout;
    expect(explained).toContain("no space for its disk on the host");
    expect(explained).toContain("strata df");
    expect((await strata("doctor")).stdout).toMatch(/fail +paused guest +web: the guest is paused/);

    await leaveFree(400 * mebibyte);
    await until("it goes on", async () => (await infoOf()).health === "ready", guestMs);
    const types = (await strata("events")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect(types.filter((type) => /^instance\.(paused|resumed)$/.test(type))).toEqual([
      "instance.paused",
      "instance.resumed",
    ]);
    const whole = async () =>
      (await strata("exec", "web", "--", "sh", "-c", "cat $HOME/done; stat -c %s $HOME/big")).stdout;
    await until("its file is whole", async () => (await whole()) === `whole\n${60 * mebibyte}\n`, 60_000);
  },
  2 * guestMs,
);

test(
  "on a disk without a free byte, launch, upload and suspend are refused, and stop, delete and purge work",
  async () => {
    await leaveFree(0);
    await inside(["dd", "if=/dev/zero", `of=${join(mount, "fill")}`, "bs=4k"]);
    expect((await inside(["sh", "-c", `echo x > ${join(mount, "more")}`])).code).not.toBe(0);
    for (const words of [
      ["launch", "tiny"],
      ["launch", join(binary, "../images/tiny.qcow2")],
      ["suspend", "web"],
    ]) {
      const refused = await strata(...words);
      expect(refused.stderr).toContain("[no-space]");
      expect(refused.code).toBe(2);
    }
    expect(await strata("stop", "web")).toMatchObject({ code: 0 });
    expect((await infoOf()).power).toBe("off");
    expect(await strata("delete", "web")).toMatchObject({ code: 0 });
    expect(await strata("purge", "web")).toMatchObject({ code: 0 });
    expect((await strata("list", "--quiet")).stdout).toBe("");
    expect((await strata("audit", "verify")).code).toBe(0);
  },
  guestMs,
);
