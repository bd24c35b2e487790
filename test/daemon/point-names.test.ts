/** Names and notes of points from the command line to the log and back, over the real daemon with fake machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startCli } from "../commands/stand-in.ts";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(4), waitMsMax: 0 });
  await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const run = (...argv: string[]) => startCli(argv, { ...bed.environment, STRATA_HOST: bed.socket }).result();
const printed = async (...argv: string[]) => (await run(...argv)).stdout;

test("a point is found by its new name only; what was done with it is told by the old one", async () => {
  await run("launch", "tiny", "--name", "web");
  await run("snapshot", "web");
  await run("snapshot", "web@v1.2", "--comment", "release");
  const renamed = await run("set", "local.web.snapshot1.name=good");
  expect(renamed.stderr).toStartWith("Set: local.web.snapshot1.name=good   operation 4");
  expect(await printed("get", "local.web.good.name")).toBe("good\n");
  expect((await run("restore", "web@snapshot1")).stderr).toContain("[point-not-found]");
  expect((await run("hold", "web@good")).code).toBe(0);
  expect(await printed("history", "web")).toContain("snapshot web@snapshot1");
  expect(await printed("history", "web")).toContain("set snapshot1.name=good web");
  await run("set", "local.web.v1.2.comment=not for production");
  expect(await printed("get", "local.web.v1.2.comment")).toBe("not for production\n");
  expect(await printed("get", "local.web.v1.2.comment", "--at", "3")).toBe("release\n");
  expect((await run("undo", "--yes")).code).toBe(0);
  expect(await printed("get", "local.web.v1.2.comment")).toBe("release\n");
  expect((await printed("get", "-q")).match(/^local\.web\.(good|v1\.2)\..*$/gm)).toEqual([
    "local.web.good.name",
    "local.web.good.comment",
    "local.web.v1.2.name",
    "local.web.v1.2.comment",
  ]);
}, 60_000);

test.each([
  ["local.web.good.name=v1.2", 2, "[point-exists]"],
  ["local.web.good.name=7", 1, "[point-name-invalid]"],
  ["local.web.god.name=x", 2, "did you mean  web@good"],
  [`local.web.good.comment=${"x".repeat(501)}`, 1, "at most 500 characters"],
])("set %p is refused", async (assignment, exit, text) => {
  const { code, stderr } = await run("set", assignment);
  expect([code, stderr]).toEqual([exit, expect.stringContaining(text)]);
});
