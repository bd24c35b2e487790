/** Starting a daemon: ready, dead at once, beaten by another's, never ready. Time is simulated. */
import { expect, test } from "bun:test";
import type { Hello } from "../../src/api/client.ts";
import { createStarter, daemonEnvironment, firstError } from "../../src/api/starter.ts";
import { UserError } from "../../src/errors.ts";
import type { Clock } from "../../src/sys/clock.ts";
import type { Detached } from "../../src/sys/detached.ts";

const hello: Hello = { version: "0.1.0", protocol: 1, pid: 1, directory: "/data", busy: false };

function simulated() {
  let now = 0;
  const clock: Clock = {
    now: () => new Date(now),
    monotonicMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    after: () => () => {},
  };
  return { clock, now: () => now };
}

const child = (exitCode: number | undefined, written = ""): Detached => ({
  pid: 2,
  exitCode: () => exitCode,
  written: () => written,
});

function starter(children: Detached[], isNew = false) {
  const { clock, now } = simulated();
  const said: string[] = [];
  let spawned = 0;
  const made = createStarter({
    directory: "/data",
    clock,
    isNew,
    spawn: () => children[Math.min(spawned++, children.length - 1)] ?? child(undefined),
    onFirstStart: () => said.push("first"),
  });
  return { made, now, said, spawned: () => spawned };
}

async function errorOf(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UserError) return error;
  throw new Error(`no UserError: ${String(error)}`);
}

test("resolves as soon as it answers, and says that it was the first start", async () => {
  const { made, said } = starter([child(undefined)], true);
  let asked = 0;
  expect(await made.start(async () => (++asked === 4 ? hello : undefined))).toEqual(hello);
  expect(said).toEqual(["first"]);
});

test("tells the daemon's own first error with its hints, its exit code and the log", async () => {
  const written =
    "2026 strata starts\nerror: the log is damaged at byte 7 [log-damaged]\n  why           it is\n  next          strata audit verify\n";
  const error = await errorOf(starter([child(6, written)]).made.start(async () => undefined));
  expect(error).toMatchObject({
    code: "log-damaged",
    exit: 6,
    message: "the daemon did not start: the log is damaged at byte 7",
  });
  expect(error.hints).toEqual([
    ["why", "it is"],
    ["next", "strata audit verify"],
    ["log", "/data/daemon.log"],
  ]);
});

test("a daemon that died without a word is told with its exit code", async () => {
  const error = await errorOf(starter([child(137)]).made.start(async () => undefined));
  expect(error).toMatchObject({ code: "daemon-not-started", exit: 3 });
  expect(error.message).toContain("137");
});

test("losing against another daemon is waiting for that one", async () => {
  const lost = child(2, "error: the data directory is in use [daemon-running]\n");
  let asked = 0;
  expect(await starter([lost]).made.start(async () => (++asked === 3 ? hello : undefined))).toEqual(hello);
});

test("a daemon that is just stopping makes room for the next try", async () => {
  const lost = child(2, "error: the data directory is in use [daemon-running]\n");
  const { made, spawned } = starter([lost, lost, child(undefined)]);
  expect(await made.start(async () => (spawned() === 3 ? hello : undefined))).toEqual(hello);
});

test("waiting has an end", async () => {
  const { made, now } = starter([child(undefined)]);
  expect(await errorOf(made.start(async () => undefined))).toMatchObject({ code: "daemon-not-started", exit: 3 });
  expect(now()).toBeLessThan(20_000);
  expect(await errorOf(made.waitUntilGone(async () => false))).toMatchObject({ code: "daemon-stays" });
});

test("a program that may not be started is refused", async () => {
  const { clock } = simulated();
  const made = createStarter({
    directory: "/data",
    clock,
    isNew: false,
    onFirstStart: () => {},
    spawn: () => {
      throw new Error("EACCES: permission denied, open '/data/daemon.log'");
    },
  });
  expect(await errorOf(made.start(async () => undefined))).toMatchObject({ code: "daemon-not-started", exit: 4 });
});

test("the daemon's environment is the caller's without what would change what it is", () => {
  const given = {
    PATH: "/bin",
    BUN_BE_BUN: "1",
    BUN_OPTIONS: "--preload x",
    NODE_OPTIONS: "x",
    STRATA_HOST: "/s",
    STRATA_REASON: "r",
    STRATA_IMAGE_HOSTS: "a",
    https_proxy: "p",
  };
  expect(daemonEnvironment(given, "/data")).toEqual({
    PATH: "/bin",
    STRATA_IMAGE_HOSTS: "a",
    https_proxy: "p",
    STRATA_HOME: "/data",
  });
});

test("errors are found among other lines, and none where there is none", () => {
  expect(firstError("a\nb\n")).toBeUndefined();
  expect(firstError("x\nerror: without a code\n")).toEqual({
    code: "daemon-not-started",
    message: "without a code",
    hints: [],
  });
});
