/** What a word means that names a place in the past. */
import { expect, test } from "bun:test";
import { parsePast } from "../../src/model/past.ts";

test.each([
  ["7", { operation: 7 }],
  ["2026", { operation: 2026 }],
  ["90s", { age: 90_000 }],
  ["1.5h", { age: 5_400_000 }],
  ["3d", { age: 259_200_000 }],
  ["9:05", { time: "9:05" }],
  ["14:05:30", { time: "14:05:30" }],
  ["2026-11-20", { time: "2026-11-20" }],
  ["2026-11-20T14:05", { time: "2026-11-20T14:05" }],
  ["2026-11-20T14:05:00.5+01:00", { time: "2026-11-20T14:05:00.5+01:00" }],
])("%s is understood", (text, past) => expect(parsePast(text)).toEqual(past));

test.each(["good", "last", "now", "", "-2h", "2h ago", "7ms", "25:00", "14:5", "2026-13-40", "1234567890123456"])(
  "%p may be a name, and is nothing else",
  (text) => expect(parsePast(text)).toBeUndefined(),
);
