import { expect, test } from "bun:test";
import { judgePoints } from "./attack.ts";
import { mutations } from "./mutations.ts";

test("two verifiers, written apart, find the same in damaged logs, and miss nothing", async () => {
  const { points, failures, figures } = await mutations.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(points).toBe(360);
  // Each row of the recovery table has been met.
  expect(Object.keys(figures)).toEqual(
    expect.arrayContaining([
      "found log-chain-broken",
      "found log-damaged",
      "found log-rolled-back",
      "found seal-broken",
    ]),
  );
}, 120_000);

test("a log is damaged alone as it was among others", async () => {
  const together = await judgePoints(1, [7, 8, 9]);
  expect(await judgePoints(1, [8])).toEqual(together.slice(1, 2));
}, 60_000);
