/** A real guest that is suspended and resumed, resized and renamed, through the compiled binary. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, expectTimeOfNow, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const infoOf = async (name: string) => JSON.parse(await home.ok("info", name, "--json")).info[name];
const inside = (script: string) => home.ok("exec", "web", "--", "sh", "-c", script);

test(
  "goes on where it was: the same boot, the same programs, the time of now; with a daemon killed in between",
  async () => {
    await inside("sleep 4321 >/dev/null 2>&1 & echo $! > /tmp/pid");
    const boot = await inside("cat /proc/sys/kernel/random/boot_id");
    const suspended = await home.run(["suspend", "web"]);
    expect(suspended.stderr).toMatch(/Suspended: web .*of memory saved/);
    expect(await infoOf("web")).toMatchObject({ state: "Suspended", power: "suspended" });
    await until("only the daemon is left", () => home.processes().length === 1);
    expect((await home.run(["stop", "web"])).stderr).toContain("[instance-suspended]");
    process.kill(await home.daemonPid(), "SIGKILL");

    const started = await home.run(["start", "web"]);
    expect({ code: started.code, talk: started.stderr }).toMatchObject({ code: 0 });
    expect(started.stderr).toContain("clock");
    expect(await inside("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
    expect(await inside("kill -0 $(cat /tmp/pid) && echo alive")).toBe("alive\n");
    await expectTimeOfNow(() => inside("date -u +%s"));
  },
  guestMs,
);

test(
  "a suspend that is cut off leaves the machine running or suspended, and nothing else",
  async () => {
    const boot = await inside("cat /proc/sys/kernel/random/boot_id");
    const suspending = home.start(["suspend", "web"]);
    await until("the suspend is under way", async () => (await infoOf("web")).state !== "Running", 10_000);
    process.kill(await home.daemonPid(), "SIGKILL");
    await suspending.exited;
    await until("it is suspended", async () => (await infoOf("web")).state === "Suspended");
    await home.ok("start", "web");
    expect(await inside("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
  },
  guestMs,
);

test(
  "is made larger: the disk at once, memory and processors from the next start on",
  async () => {
    expect((await home.run(["set", "local.web.memory=512M"])).stderr).toContain("[instance-running]");
    await home.ok("set", "local.web.disk=6G");
    expect(await home.ok("get", "local.web.disk")).toBe("6G\n");
    await home.ok("stop", "web");
    await home.ok("set", "local.web.memory=384M");
    await home.ok("set", "local.web.cpus=2");
    expect((await home.run(["set", "local.web.disk=1G"])).stderr).toContain("[disk-shrinks]");
    await home.ok("start", "web");
    expect(await inside("nproc")).toBe("2\n");
    expect(Number(await inside("awk '/MemTotal/ { print $2 }' /proc/meminfo")) / 1024).toBeGreaterThan(300);
    const grown = async () => Number((await inside("df -m / | tail -n 1")).trim().split(/\s+/)[1]) > 5_500;
    await until("the guest has the room", grown);
  },
  guestMs,
);

test("is renamed: one history, and a name that is free again", async () => {
  await home.ok("rename", "web", "shop");
  expect((await home.run(["info", "web"])).code).toBe(2);
  const rows: { what: string }[] = JSON.parse(await home.ok("history", "shop", "--json")).history;
  expect(rows[0]?.what).toBe("rename web to shop");
  expect(rows.at(-1)?.what).toBe("launch shop");
  await home.ok("delete", "--purge", "shop");
});
