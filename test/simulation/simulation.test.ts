/** Lives of the daemon's core among faults of everything. More of them: `bun test/campaign/run.ts --full simulation`. */
import { expect, test } from "bun:test";
import { runSeeds } from "./pool.ts";
import { againCommand, runSeed } from "./seeds.ts";
import { simulate } from "./simulation.ts";

const count = 1_000;
/** So many are run once more, in another process than at first. */
const againCount = 20;

test(`${count} seeded lives with faults between any two steps hold and settle, and the same seed leaves the same bytes`, async () => {
  const failures: string[] = [];
  const digests = new Map<number, string | undefined>();
  await runSeeds({ first: 1, count, processes: 2 }, ({ seed, failure, digest }) => {
    digests.set(seed, digest);
    if (failure !== undefined) failures.push(`${failure}\nagain: ${againCommand(seed)}`);
  });
  expect(failures).toEqual([]);
  for (let seed = 1; seed <= againCount; seed++) expect((await runSeed(seed)).digest).toBe(digests.get(seed));
}, 900_000);

test("the same seed leaves every file with the same bytes", async () => {
  for (let seed = 1; seed <= againCount; seed++) {
    const [first, second] = [await simulate(seed), await simulate(seed)];
    expect(second.content).toEqual(first.content);
    expect([...first.content.keys()].some((path) => path.endsWith(".jsonl"))).toBe(true);
  }
}, 300_000);
