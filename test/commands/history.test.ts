/** `strata history`: what is asked for, and a history that is followed, over the end of its daemon too. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonStatus, HistoryRow } from "../../src/model/view.ts";
import { until } from "../e2e/harness.ts";
import { cli, startCli, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const row = (number: number): HistoryRow => ({
  number,
  operation: `op-${number}`,
  time: "2025-11-20T14:00:00.000Z",
  who: "ann",
  what: "stop web",
  instance: "web",
  type: "stop",
  result: "ok",
  position: number,
});

test("the reason and the key go to the daemon, and nothing that fits is said", async () => {
  standIn = startStandIn({ "history.list": () => [] });
  const { stderr } = await cli(standIn, "history", "web", "--key", "cpus", "--reason", "a test");
  expect(stderr).toBe("Nothing that fits was done.\n");
  expect(standIn.calls[0]?.input).toEqual({
    instance: "web",
    key: "cpus",
    reason: "a test",
    limit: 50,
    reverse: false,
  });
});

test("a follower goes on after the last position it saw when the daemon breaks off, and begins with ten lines", async () => {
  let opened = 0;
  standIn = startStandIn({
    "history.follow": async function* () {
      opened += 1;
      if (opened === 1) yield { position: 40, rows: [row(1), row(2)] };
      if (opened === 2) yield { position: 44, rows: [row(3)] };
    },
  });
  const { stdout } = await cli(standIn, "history", "--follow", "--json", "--actor", "ann");
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).number),
  ).toEqual([1, 2, 3]);
  expect(standIn.calls.slice(0, 3).map(({ input }) => input)).toEqual([
    { actor: "ann", limit: 10 },
    { actor: "ann", limit: 10, after: 40 },
    { actor: "ann", limit: 10, after: 44 },
  ]);
});

test.each([
  [["--format", "yaml"], "strata history --follow --format ndjson"],
  [["--until", "1h"], "strata history --follow"],
  [["--limit", "5000"], "strata history --follow --limit 1000"],
])("a follower with %j is refused, with a line that works", async (words, line) => {
  standIn = startStandIn({});
  const { code, stderr } = await cli(standIn, "history", "--follow", ...words);
  expect([code, standIn.calls]).toEqual([1, []]);
  expect(stderr).toContain(`[follow-unfit]\n  did you mean  ${line}\n`);
});

test("a follower outlives the daemon, and is told of what the next one does", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "strata-history-"));
  const place = { STRATA_HOME: join(scratch, "data"), XDG_RUNTIME_DIR: scratch, XDG_CONFIG_HOME: scratch };
  const run = (...argv: string[]) => startCli(argv, place).result();
  await run("set", "images.keep=20d");
  const follower = startFollower(place);
  try {
    await follower.printed("images.keep=20d");
    const pid = async () => {
      const { code, stdout } = await run("daemon", "status", "--json");
      return code === 0 ? (JSON.parse(stdout) as DaemonStatus).pid : undefined;
    };
    const first = (await pid()) ?? expect.unreachable();
    process.kill(first, "SIGKILL");
    // The follower alone starts the next one: of two, the slower could come when all is over.
    await until("another daemon answers", async () => ![first, undefined].includes(await pid()));
    await run("set", "images.keep=21d");
    await follower.printed("images.keep=21d");
    await run("set", "images.keep=22d");
    await follower.printed("images.keep=22d");
    const { code, lines } = await follower.end();
    expect(code).toBe(130);
    expect(lines.map((line) => /OP|keep=\d+d/.exec(line)?.[0])).toEqual(["OP", "keep=20d", "keep=21d", "keep=22d"]);
  } finally {
    follower.kill();
    await run("daemon", "stop");
    rmSync(scratch, { recursive: true, force: true });
  }
}, 60_000);

/** `strata history --follow` with what it has printed so far. */
function startFollower(place: Record<string, string>) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../../src/main.ts"), "history", "--follow"], {
    env: {
      PATH: process.env["PATH"],
      HOME: "/nonexistent",
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
      TZ: "UTC",
      ...place,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let text = "";
  let wake = () => {};
  const reading = (async () => {
    for await (const chunk of child.stdout) {
      text += Buffer.from(chunk).toString();
      wake();
    }
    wake();
  })();
  return {
    async printed(wanted: string) {
      while (!text.includes(wanted)) {
        if (child.exitCode !== null) throw new Error(`it ended without "${wanted}": ${text}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    async end() {
      child.kill("SIGINT");
      await reading;
      return { code: await child.exited, lines: text.trim().split("\n") };
    },
    kill: () => child.kill("SIGKILL"),
  };
}
