/** A stop that comes later, from the command line to the log and back, over the real daemon with fake machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startCli } from "../commands/stand-in.ts";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { until } from "../e2e/harness.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(3), waitMsMax: 0 });
  await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const run = (...argv: string[]) => startCli(argv, { ...bed.environment, STRATA_HOST: bed.socket }).result();
const viewOf = async (name: string) => JSON.parse((await run("info", name, "--json")).stdout).info[name];

test("it is shown, called off, called off by a start, and done", async () => {
  await run("launch", "tiny", "--name", "web");
  const asked = await run("stop", "web", "--in", "10m");
  expect(asked.stderr).toMatch(
    /^Stops later: web {3}at \S.* {3}operation 2 .*\(strata stop --cancel web calls it off\)$/m,
  );
  expect(await viewOf("web")).toMatchObject({ state: "Running", stopsAt: expect.any(String) });
  expect((await run("info", "web")).stdout).toMatch(/^stops +.*, unless strata stop --cancel web$/m);
  expect((await run("stop", "--all", "--cancel")).stderr).toStartWith("Runs on: web   operation 3");
  expect((await viewOf("web")).stopsAt).toBeUndefined();
  expect((await run("stop", "web", "--cancel")).stderr).toBe("web is not to be stopped\n");
  await run("stop", "web", "--in", "10m");
  expect((await run("start", "web")).code).toBe(0);
  expect((await viewOf("web")).stopsAt).toBeUndefined();
  await run("stop", "web", "--in", "1s");
  await until("web has stopped", async () => (await viewOf("web")).state === "Stopped");
  const { history } = JSON.parse((await run("history", "web", "--json", "--limit", "6")).stdout);
  expect(history.map(({ what }: { what: string }) => what)).toEqual([
    "stop web",
    "stop web in 1.0 s",
    "call off the stop of web",
    "stop web in 10 min",
    "call off the stop of web",
    "stop web in 10 min",
  ]);
  expect(history[0]).toMatchObject({ who: "strata", result: "ok", reason: "its time to stop had come" });
}, 60_000);

test.each([
  [["--in", "10m", "--force"], "[options-clash]"],
  [["--cancel", "--force"], "[options-clash]"],
  [["--in", "0s"], "[lifetime-invalid]"],
  [["--in", "soon"], "[duration-invalid]"],
])("stop web %p is refused", async (words, text) => {
  const { code, stderr } = await run("stop", "web", ...words);
  expect([code, stderr]).toEqual([1, expect.stringContaining(text)]);
});
