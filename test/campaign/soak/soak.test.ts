import { expect, test } from "bun:test";
import { slopeOf } from "./slope.ts";
import { soak } from "./soak.ts";

test("a daemon under a steady load answers all of it, a sample", async () => {
  const { failures, points } = await soak.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(points).toBeGreaterThan(50);
}, 180_000);

test("the line through points on a line is that line, through one point level", () => {
  expect(slopeOf([1, 2, 3, 7].map((seconds) => ({ seconds, value: 4 + 3 * seconds })))).toBeCloseTo(3);
  expect(slopeOf([{ seconds: 1, value: 5 }])).toBe(0);
});
