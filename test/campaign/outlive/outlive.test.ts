import { expect, test } from "bun:test";
import { outlive } from "./outlive.ts";

test("machines outlive the daemon, a sample", async () => {
  const { failures, points } = await outlive.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(points).toBeGreaterThan(15);
}, 600_000);
