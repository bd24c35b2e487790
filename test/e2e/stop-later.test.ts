/** A real guest: what it says of itself, and a stop that comes later, though its daemon was killed meanwhile. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, 2 * guestMs);
afterAll(() => home.close(), 60_000);

const viewOf = async () => JSON.parse(await home.ok("info", "web", "--json")).info.web;

test(
  "info has what the guest says of itself, as soon as it says it",
  async () => {
    // An emulated guest on a busy host may take longer than anybody waits.
    await until("the guest has said it", async () => (await viewOf()).load.length === 3, guestMs);
    const { load, memory, disks, ipv4 } = await viewOf();
    expect(load).toHaveLength(3);
    expect(memory.total).toBeLessThanOrEqual(256 * 2 ** 20);
    expect(memory.used).toBeLessThan(memory.total);
    expect(Number(disks.sda1.total)).toBeGreaterThan(Number(disks.sda1.used));
    expect(ipv4).toEqual(["10.77.0.2"]);
  },
  2 * guestMs,
);

test(
  "whoever is logged in is told of a stop that is to come, and that it does not come after all",
  async () => {
    const wall = "printf '#!/bin/sh\\ncat >>/tmp/heard\\n' >/usr/bin/wall; chmod 755 /usr/bin/wall";
    await home.ok("exec", "web", "--", "sudo", "sh", "-c", wall);
    const heard = async () => (await home.run(["exec", "web", "--", "cat", "/tmp/heard"])).stdout;
    await home.ok("stop", "web", "--in", "1h");
    await until("it is told", async () => /poweroff at \d\d:\d\d\. .*--cancel web/.test(await heard()), guestMs);
    await home.ok("stop", "web", "--cancel");
    await until("it is called off", async () => (await heard()).includes("web runs on"), guestMs);
  },
  2 * guestMs,
);

test(
  "a stop that was asked for comes though the daemon was killed, in order",
  async () => {
    await home.ok("stop", "web", "--in", "2s");
    process.kill(await home.daemonPid(), "SIGKILL");
    await until("web has stopped", async () => (await viewOf()).state === "Stopped", guestMs);
    expect(await viewOf()).toMatchObject({ stopCause: "user" });
    expect((await viewOf()).stopsAt).toBeUndefined();
    const [row] = JSON.parse(await home.ok("history", "web", "--json", "--limit", "1")).history;
    expect(row).toMatchObject({ what: "stop web", who: "strata", result: "ok", reason: "its time to stop had come" });
  },
  2 * guestMs,
);
