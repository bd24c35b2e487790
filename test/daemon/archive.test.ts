/** The daemon over a log whose beginning was archived: it starts, answers as before, and says where the rest is. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepCheckpoints, loadWorld, saveState } from "../../src/daemon/state.ts";
import { archiveLog } from "../../src/events/store/archive/archive.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { emptyWorld, freezeWorld } from "../../src/events/world.ts";
import type { Files } from "../../src/sys/files.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { startCli } from "../commands/stand-in.ts";
import { createDisk } from "../simulation/disk.ts";
import { ann, countedIds, directory, fixedClock, open } from "../events/store/bed.ts";

const segmentBytes = 2_500;

async function setKeep(log: EventLog, number: number): Promise<void> {
  const data = { number, key: "images.keep", value: `${number}d`, before: `${number - 1}d` };
  const events = [{ type: "settings.changed", version: 1, stream: "settings/daemon", data }];
  await log.append({ events, command: `c-${number}`, operation: `op-${number}`, by: ann }).durable;
}

async function filled(files: Files, at = directory, count = 20): Promise<void> {
  const { log } = await open(files, { segmentBytes, directory: at });
  for (let number = 1; number <= count; number++) await setKeep(log, number);
  await log.close();
}

const archive = (files: Files, target: string) => {
  const prepare = async (log: EventLog) => {
    await saveState({ directory, files, log });
    return {};
  };
  const ports = { files, clock: fixedClock(), ids: countedIds(), by: ann, prepare };
  return archiveLog({ directory, target, choice: { keep: 1 }, ...ports });
};

test("its state is the one it would have without, with all its checkpoints deleted too", async () => {
  const files = createDisk().boot();
  await filled(files);
  await archive(files, "/archive");
  const state = async () => {
    const { log } = await open(files, { segmentBytes });
    const world = await loadWorld({ directory, files, log });
    await setKeep(log, world.position);
    const mode = log.mode().kind;
    await log.close();
    return { keep: world.settings["images.keep"], position: world.position, mode };
  };
  const { log } = await open(files);
  const position = log.durable();
  await log.close();
  expect(await state()).toEqual({ keep: "20d", position, mode: "writable" });
  for (const name of await files.list(`${directory}/checkpoints`))
    await files.remove(`${directory}/checkpoints/${name}`);
  expect(await state()).toMatchObject({ keep: `${position}d`, mode: "writable" });
});

test("without any state that it can use it does not start, and says what to put back; with that it does", async () => {
  const files = createDisk().boot();
  await filled(files);
  await archive(files, "/archive");
  for (const path of [
    "log/archived.state",
    ...(await files.list(`${directory}/checkpoints`)).map((name) => `checkpoints/${name}`),
  ])
    await files.remove(`${directory}/${path}`);
  const load = async () => {
    const { log } = await open(files);
    return loadWorld({ directory, files, log }).finally(() => log.close());
  };
  await expect(load()).rejects.toMatchObject({
    code: "log-archived",
    hints: [expect.anything(), ["next", expect.stringContaining("cp -n /archive/*.jsonl /data/log/")]],
  });
  for (const name of await files.list("/archive"))
    await files.writeAtomically(`${directory}/log/${name}`, await files.read(`/archive/${name}`), 0o400);
  expect(freezeWorld(await load())).toMatchObject({ settings: { "images.keep": "20d" } });
});

test("a checkpoint that is older than what is left is no use, and no damage", async () => {
  const files = createDisk().boot();
  await filled(files);
  const { log } = await open(files);
  let world = emptyWorld();
  const checkpoints = keepCheckpoints({ directory, files, log }, () => world, expect.unreachable);
  world = await loadWorld({ directory, files, log }, 3);
  await checkpoints.save();
  await log.close();
  const old = `${directory}/checkpoints/${String(world.position).padStart(12, "0")}.json`;
  const bytes = await files.read(old);
  await archive(files, "/archive");
  for (const name of await files.list(`${directory}/checkpoints`))
    await files.remove(`${directory}/checkpoints/${name}`);
  await files.writeAtomically(old, bytes, 0o600);
  const { log: next } = await open(files);
  expect((await loadWorld({ directory, files, log: next })).settings["images.keep"]).toBe("20d");
  expect(next.mode().kind).toBe("writable");
  await next.close();
});

const place = mkdtempSync(join(tmpdir(), "strata-archived-"));
const home = join(place, "data");
const moved = join(place, "moved");
const environment = { STRATA_HOME: home, XDG_RUNTIME_DIR: place, XDG_CONFIG_HOME: place };
const run = (...argv: string[]) => startCli(argv, environment).result();
beforeAll(() => filled(systemFiles, home, 60));
afterAll(async () => {
  await run("daemon", "stop");
  rmSync(place, { recursive: true, force: true });
});

test("the command line moves events, the daemon goes on, and each place where they are missed names the folder", async () => {
  expect((await run("get", "images.keep")).stdout).toBe("60d\n");
  expect((await run("audit", "archive", moved, "--keep", "1")).stderr).toContain("[daemon-running]");
  await run("daemon", "stop");
  for (const words of [[], [moved], [moved, "--keep", "0"], [moved, "--keep", "1", "--before", "1d"]])
    expect((await run("audit", "archive", ...words)).code).toBe(1);
  const done = await run("audit", "archive", moved, "--keep", "1", "--json");
  expect(done.code).toBe(0);
  const { to, segments } = JSON.parse(done.stdout);
  expect(readdirSync(moved)).toHaveLength(segments);
  expect(readdirSync(join(home, "log")).filter((name) => name.endsWith(".jsonl"))).toHaveLength(1);

  expect((await run("get", "images.keep")).stdout).toBe("60d\n");
  expect((await run("daemon", "status")).stdout).toContain(`1 to ${to}, in ${moved}`);
  const history = await run("history");
  expect(history.stderr).toContain(`the events 1 to ${to} are archived in ${moved}`);
  expect((await run("show", "1")).stderr).toContain(moved);
  expect((await run("events")).stderr).toContain("[log-archived]");
  expect((await run("events", "--after", String(to))).code).toBe(0);
  expect((await run("audit", "cat")).stderr).toContain(`are in ${moved}`);
  expect((await run("audit", "export", "--since", String(to + 1))).stderr).toBe("");

  const there = await run("audit", "verify", "--json");
  expect(JSON.parse(there.stdout)).toMatchObject({ result: "ok" });
  expect(JSON.parse(there.stdout).archived).toBeUndefined();
  renameSync(moved, `${moved}-away`);
  const away = await run("audit", "verify");
  expect(away).toMatchObject({ code: 0 });
  expect(away.stdout).toMatch(new RegExp(`^archived +1 to ${to} are archived in ${moved}$`, "m"));
  expect(away.stdout).toContain(`verified from event ${to + 1} to`);
  const named = await run("audit", "verify", "--archive", `${moved}-away`, "--json");
  expect(JSON.parse(named.stdout).archived).toBeUndefined();
  expect((await run("audit", "verify", "--archive", moved)).stderr).toContain("[archive-not-found]");
}, 60_000);

test("what a sink has not taken is not moved", async () => {
  const held = join(place, "held");
  await run("daemon", "stop");
  cpSync(home, held, { recursive: true });
  const elsewhere = (...argv: string[]) => startCli(argv, { ...environment, STRATA_HOME: held }).result();
  const hung = `exec:exit 3`;
  expect((await elsewhere("set", `audit.sink=${hung}`)).code).toBe(0);
  for (let number = 61; number < 64; number++) await elsewhere("set", `images.keep=${number}d`);
  await elsewhere("daemon", "stop");
  // A new segment, so that there is one to move.
  const { log } = await open(systemFiles, { segmentBytes: 100, directory: held });
  await setKeep(log, 64);
  await log.close();
  const refused = await elsewhere("audit", "archive", join(place, "more"), "--keep", "1");
  expect(refused.stderr).toContain("[archive-held]");
  expect(existsSync(join(place, "more"))).toBe(false);
  expect(readFileSync(join(held, "log/archived"), "utf8")).toContain(moved);
}, 60_000);
