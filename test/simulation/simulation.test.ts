import { expect, test } from "bun:test";
import { simulate } from "./simulation.ts";

const seeds = Number(process.env["STRATA_SEEDS"] ?? 300);
const first = Number(process.env["STRATA_SEED"] ?? 1);

test(`${seeds} seeded lives with crashes between any two steps settle with nothing lost`, async () => {
  for (let seed = first; seed < first + seeds; seed++) {
    await simulate(seed).catch((cause: unknown) => {
      throw new Error(`seed ${seed} failed; again: STRATA_SEED=${seed} STRATA_SEEDS=1 bun test test/simulation`, {
        cause,
      });
    });
  }
}, 120_000);

test("the same seed gives the same log", async () => {
  for (const seed of [3, 14, 159]) expect(await simulate(seed)).toBe(await simulate(seed));
}, 30_000);
