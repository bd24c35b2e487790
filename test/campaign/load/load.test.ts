import { expect, test } from "bun:test";
import { load } from "./load.ts";

test("many at once, a sample", async () => {
  const { failures, points } = await load.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(points).toBeGreaterThan(400);
}, 120_000);
