/** What people hand over in confidence, in every way there is, is nowhere but where it was meant to be. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, wordsOf } from "./harness.ts";

const canary = "CANARY-77c0ffee";
let home: Home;
let id: string;
/** All that strata ever printed in these tests, but for what the guest itself said. */
const shown: string[] = [];

const strata = async (...words: string[]) => {
  const ran = await home.run(words);
  shown.push(ran.stderr);
  return ran;
};

beforeAll(async () => {
  home = createHome();
  const path = join(home.directory, "user.yaml");
  writeFileSync(path, `#cloud-config\nwrite_files:\n  - path: /srv/secret\n    content: ${canary}\n`);
  const ran = await strata("launch", "tiny", "--name", "web", "--memory", "256M", "--cloud-init", path);
  expect({ code: ran.code, talk: ran.stderr }).toMatchObject({ code: 0 });
  id = JSON.parse(await home.ok("info", "web", "--json")).info.web.id;
}, 2 * guestMs);
afterAll(() => home.close(), 60_000);

test(
  "arguments, variables and input of a program reach the guest",
  async () => {
    const script = 'echo "$1 $SECRET $(cat)"';
    const ran = await home.run(["exec", "--env", `SECRET=${canary}`, "web", "--", "sh", "-c", script, "sh", canary], {
      stdin: canary,
    });
    expect(ran.stdout).toBe(`${canary} ${canary} ${canary}\n`);
    for (const words of [
      ["exec", "web", "--", "no-such-program", canary],
      ["exec", "--working-directory", `/${canary}`, "web", "--", "true"],
      ["exec", "nobody", "--", canary],
    ])
      expect((await home.run(words)).code).not.toBe(0);
  },
  guestMs,
);

test("an address with a password or a token is no setting, and its refusal does not repeat it", async () => {
  for (const value of [`https://user:${canary}@mirror.example/`, `https://mirror.example/?token=${canary}`]) {
    const ran = await strata("set", `images.mirror=${value}`);
    expect(ran.stderr).toContain("[setting-invalid]");
    expect(ran.code).toBe(1);
  }
});

test(
  "while a program runs with it, no process on the host but the one that was given it has it in its arguments or environment",
  async () => {
    const script = "echo ready; exec sleep 300";
    const client = home.start(["exec", "--env", `SECRET=${canary}`, "web", "--", "sh", "-c", script, "sh", canary]);
    const first = await client.stdout.getReader().read();
    expect(Buffer.from(first.value ?? []).toString()).toBe("ready\n");
    const others = home.processes().filter((pid) => pid !== client.pid);
    expect(others.length).toBeGreaterThanOrEqual(2);
    for (const pid of others) {
      expect(wordsOf(pid, "cmdline") + wordsOf(pid, "environ")).not.toContain(canary);
    }
    client.kill("SIGKILL");
    await client.exited;
  },
  guestMs,
);

test("the log, the daemon's own log, every other file but the guest's own, and what was printed do not hold it", async () => {
  for (const words of [
    ["history"],
    ["events"],
    ["info", "web"],
    ["explain", "web"],
    ["audit", "cat"],
    ["get"],
    ["doctor"],
  ])
    shown.push((await home.run(words)).stdout);
  await home.ok("daemon", "stop");
  const data = join(home.directory, "data");
  const holding = readdirSync(data, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("layers/"))
    .filter((path) => statSync(join(data, path), { throwIfNoEntry: false })?.isFile())
    .filter((path) => readFileSync(join(data, path)).includes(canary));
  expect(holding.sort()).toEqual([`cloud-init/${id}.yaml`, `instances/${id}/seed.iso`]);
  for (const path of holding) expect(statSync(join(data, path)).mode & 0o077).toBe(0);
  expect(shown.join("\n")).not.toContain(canary);
});
