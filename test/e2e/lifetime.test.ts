/** Real guests made for a time, through the compiled binary; and what was, when they are gone. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

const list = async (...more: string[]): Promise<{ name: string; state: string }[]> =>
  JSON.parse(await home.ok("list", "--json", ...more)).list;
const stateOf = async (name: string) => (await list()).find((each) => each.name === name)?.state;

test(
  "an ephemeral one that powers itself off is gone, with its process and its disk; the list of then still has it",
  async () => {
    await home.ok("launch", "tiny", "--name", "web", "--memory", "256M", "--ephemeral", "--label", "use=demo");
    await home.run(["exec", "web", "--", "sudo", "poweroff"]);
    await until("web is gone", async () => (await stateOf("web")) === undefined, guestMs);
    expect(readdirSync(join(home.directory, "data/layers"))).toEqual([]);
    await until("only the daemon is left", () => home.processes().length === 1);
    const then = JSON.parse(await home.ok("list", "--json", "--at", "1"));
    expect(then).toMatchObject({ asOf: { operation: 1 }, list: [{ name: "web", labels: { use: "demo" } }] });
    expect(await home.ok("history", "--reverse")).toContain("purge web");
  },
  2 * guestMs,
);

test(
  "one whose time is over is stopped and in the trash, also when the daemon was killed before",
  async () => {
    await home.ok("launch", "tiny", "--name", "db", "--memory", "256M", "--expires", "1s", "--detach");
    process.kill(await home.daemonPid(), "SIGKILL");
    await until("db is in the trash", async () => (await stateOf("db")) === "Deleted", guestMs);
    const [row] = JSON.parse(await home.ok("history", "db", "--json", "--limit", "1")).history;
    expect(row).toMatchObject({ what: "delete db", who: "strata", result: "ok", reason: "its time was over" });
    expect(await home.ok("info", "db")).toMatch(/^state +Deleted/m);
  },
  2 * guestMs,
);
