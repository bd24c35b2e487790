/** exec for programs, in a real guest: a time limit that ends whatever the command became, and its output as one object. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const isRunning = async (what: string) => (await home.ok("exec", "web", "--", "ps")).includes(what);

test(
  "a command that is done in time has its own code",
  async () => {
    expect((await home.run(["exec", "--timeout", "60s", "web", "--", "sh", "-c", "exit 7"])).code).toBe(7);
  },
  guestMs,
);

test.each([
  ["with children of its own", "sh -c 'sleep 4001; true'", "sleep 4001"],
  ["that became root", "sudo sleep 4002", "sleep 4002"],
  ["that left a child with its output", "sh -c 'sleep 4003 & sleep 4003'", "sleep 4003"],
  ["that became root and does not care", "sudo sh -c 'trap \"\" TERM; while :; do sleep 4006; done'", "sleep 4006"],
  ["that does not care about SIGTERM", "sh -c 'trap \"\" TERM; while :; do sleep 4004; done'", "sleep 4004"],
])(
  "a command %s is ended when its time is up: exit code 124",
  async (_what, line, name) => {
    const ran = await home.run(["exec", "--timeout", "2s", "web", "--", "sh", "-c", line]);
    expect(ran).toEqual({ code: 124, stdout: "", stderr: "" });
    await until(`${name} is gone`, async () => !(await isRunning(name)));
  },
  guestMs,
);

test(
  "the log tells that its time was up, and the session's id",
  async () => {
    const ran = await home.run([
      "exec",
      "--timeout",
      "3s",
      "--json",
      "web",
      "--",
      "sh",
      "-c",
      "echo begun; sleep 4005",
    ]);
    expect(ran.code).toBe(124);
    const { session, ...answer } = JSON.parse(ran.stdout);
    expect(answer).toMatchObject({ schema: 1, instance: "web", code: 124, timedOut: true, stdout: "begun\n" });
    const events = (await home.ok("events"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.findLast(({ data }) => data.session === session)).toMatchObject({
      type: "instance.session-ended",
      data: { result: "timeout" },
    });
  },
  guestMs,
);

test(
  "as JSON, both outputs and the end come as one object, and the exit code is the command's",
  async () => {
    const ran = await home.run(["exec", "--json", "web", "--", "sh", "-c", "cat; printf '\\377' >&2; exit 3"], {
      stdin: "in",
    });
    expect(ran.code).toBe(3);
    expect(JSON.parse(ran.stdout)).toEqual({
      schema: 1,
      instance: "web",
      session: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code: 3,
      durationMs: expect.any(Number),
      stdout: "in",
      stdoutEncoding: "utf-8",
      stdoutBytes: 2,
      stderr: "/w==",
      stderrEncoding: "base64",
      stderrBytes: 1,
    });
    const killed = await home.run(["exec", "--json", "web", "--", "sh", "-c", "kill -KILL $$"]);
    expect(JSON.parse(killed.stdout)).toMatchObject({ code: 137, signal: "KILL" });
    expect(killed.code).toBe(137);
  },
  guestMs,
);

test(
  "of a flood the beginning is kept, and the command comes to its end",
  async () => {
    const bytes = 3 * 2 ** 20;
    const answer = JSON.parse(await home.ok("exec", "--json", "web", "--", "sh", "-c", `yes | head -c ${bytes}`));
    expect(answer).toMatchObject({ code: 0, stdoutBytes: bytes, stdoutEncoding: "utf-8" });
    expect(answer.stdout).toHaveLength(2 ** 20);
  },
  guestMs,
);

test("what strata itself fails with is no answer of the command", async () => {
  expect(await home.run(["exec", "--json", "nobody", "true"])).toMatchObject({ code: 125, stdout: "" });
});
