/** A sample of the kill sweep: some calls of every scenario. */
import { expect, test } from "bun:test";
import { kills } from "./kills.ts";

test("killed at some call of every scenario, nothing acknowledged is lost", async () => {
  const { points, failures } = await kills.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(points).toBeGreaterThan(120);
}, 600_000);
