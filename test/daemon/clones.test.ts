/** Names of clones, over the real daemon with fake machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startCli } from "../commands/stand-in.ts";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(6), waitMsMax: 0 });
  await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const run = (...argv: string[]) => startCli(argv, { ...bed.environment, STRATA_HOST: bed.socket }).result();

test("a clone's number is its own for ever", async () => {
  await run("launch", "tiny", "--name", "web");
  expect((await run("clone", "web")).stderr).toContain("Forked: web-clone1 ");
  expect((await run("clone", "web", "--name", "copy")).stderr).toContain("Forked: copy ");
  await run("delete", "--purge", "web-clone1");
  expect((await run("clone", "web")).stderr).toContain("Forked: web-clone2 ");
  expect((await run("clone", "copy")).stderr).toContain("Forked: copy-clone1 ");
  expect((await run("fork", "web")).stderr).toContain("Forked: web-2 ");
}, 60_000);
