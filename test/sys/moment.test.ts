import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import { parseMoment } from "../../src/sys/moment.ts";

const now = new Date(2026, 10, 20, 14, 30, 0);
const local = (day: number, hours: number, minutes: number) => new Date(2026, 10, day, hours, minutes).toISOString();

describe("a moment", () => {
  test.each([
    ["2h", local(20, 12, 30)],
    ["3d", local(17, 14, 30)],
    ["14:05", local(20, 14, 5)],
    ["23:00", local(19, 23, 0)],
    ["2026-11-18", local(18, 0, 0)],
    ["2026-11-18T09:15", local(18, 9, 15)],
    ["2026-11-18T09:15:00Z", "2026-11-18T09:15:00.000Z"],
  ])("%s", (text, expected) => expect(parseMoment(text, now)).toBe(expected));
  test.each(["foo", "", "25:00", "2026-13-40", "-2h", "2h ago", "7"])("%p is none", (text) => {
    expect(() => parseMoment(text, now)).toThrow(UserError);
  });
});
