/** Undo all, redo all, over random sequences. More of them: `bun test/simulation/round-trip.ts 1 1000`. */
import { expect, test } from "bun:test";
import { roundTrip } from "./round-trip.ts";

test("random sequences of operations are undone and done again, and the state is that of before", async () => {
  let undone = 0;
  for (let seed = 1; seed <= 300; seed++) undone += (await roundTrip(seed)).undone;
  expect(undone).toBeGreaterThan(3_000);
}, 900_000);
