import { expect, test } from "bun:test";
import { requests } from "./requests.ts";

test("made-up requests are refused with a code or answered, and move nothing", async () => {
  const { points, failures, figures } = await requests.run({ size: "sample", seed: 1, tell: () => {} });
  expect(failures).toEqual([]);
  expect(Number(figures["refused"])).toBeGreaterThan(points / 2);
  expect(Number(figures["taken"])).toBeGreaterThan(0);
}, 120_000);
