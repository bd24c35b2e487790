/** Points that make themselves, on a real guest: a stop keeps the files as they are then, and what has not changed is not kept again. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, guestMs, type Home } from "./harness.ts";

let home: Home;
let path: string;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
  path = (await inside("echo $HOME")).trim();
}, guestMs);
afterAll(() => home.close(), 60_000);

const inside = (script: string) => home.ok("exec", "web", "--", "sh", "-c", script);
const fileIn = (point: string) => home.ok("transfer", `web@${point}:${path}/file`, "-");
const pointsOf = async (): Promise<string[]> =>
  JSON.parse(await home.ok("history", "web", "--tree", "--json")).instances[0].points.map(
    ({ name, kind, cause, consistency }: Record<string, string>) => `${name} ${kind} ${cause} ${consistency}`,
  );

test(
  "a stop makes a point with the files of then",
  async () => {
    await inside("echo first > $HOME/file; sync");
    const stopped = await home.run(["stop", "web"]);
    expect(stopped.stderr).toMatch(/Stopped: web {3}kept as web@auto1 {3}operation 2/);
    expect(await pointsOf()).toEqual(["auto1 auto stop off"]);
    expect(await fileIn("auto1")).toBe("first\n");
  },
  guestMs,
);

test("a disk that nothing was written to since is not kept again", async () => {
  await home.ok("stop", "web");
  const grown = await home.run(["set", "local.web.disk=6G"]);
  expect({ code: grown.code, talk: grown.stderr }).toMatchObject({ code: 0 });
  expect(grown.stderr).not.toContain("kept as");
  expect(await pointsOf()).toEqual(["auto1 auto stop off"]);
}, 60_000);

test(
  "each has what its stop left, history names them, and a restore brings one back",
  async () => {
    await home.ok("start", "web");
    expect(await inside("cat $HOME/file")).toBe("first\n");
    await inside("echo second > $HOME/file; sync");
    expect((await home.run(["restart", "web"])).stderr).toContain("kept as web@auto2");
    await inside("echo third > $HOME/file; sync");
    // A guest lets people in before its agent is at its port, and without one nothing can stand still.
    await inside("until sudo ls -l /proc/$(pidof qemu-ga)/fd 2>/dev/null | grep -q /dev/vport; do sleep 0.1; done");
    const grown = await home.run(["set", "local.web.disk=7G"]);
    expect(grown.stderr).toContain("kept as web@auto3");
    await home.ok("stop", "web", "--force");
    expect(await pointsOf()).toEqual(["auto1 auto stop off", "auto2 auto restart off", "auto3 auto set quiet"]);
    expect(await Promise.all(["auto1", "auto2", "auto3"].map(fileIn))).toEqual(["first\n", "second\n", "third\n"]);
    const rows: { what: string; point?: string }[] = JSON.parse(await home.ok("history", "web", "--json")).history;
    expect(rows.find(({ what }) => what === "restart web")?.point).toBe("auto2");
    await home.ok("restore", "web@auto1");
    await home.ok("start", "web");
    expect(await inside("cat $HOME/file")).toBe("first\n");
  },
  2 * guestMs,
);

test("what they take is told, and that they go by themselves", async () => {
  const parts: { kind: string; items: { name: string; note?: string }[] }[] = JSON.parse(
    await home.ok("df", "--json"),
  ).parts;
  const points = parts.find(({ kind }) => kind === "points")?.items ?? [];
  expect(points.map(({ name, note }) => `${name} ${note}`).sort()).toEqual(
    ["auto1", "auto2", "auto3"].map((name) => `web@${name} goes by itself`),
  );
});
