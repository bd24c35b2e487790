/** Recorded times as the C library writes them; the tests run in UTC. */
import { expect, test } from "bun:test";
import { fullTime } from "../../src/sys/local-time.ts";

test("a time in full has its day, date, clock, year and zone", () => {
  expect(fullTime("2026-11-07T09:01:17.500Z")).toBe("Sat Nov  7 09:01:17 2026 UTC");
  expect(fullTime("2026-01-31T23:59:00.000Z")).toBe("Sat Jan 31 23:59:00 2026 UTC");
});

test("what is no time stays as it is", () => expect(fullTime("soon")).toBe("soon"));
