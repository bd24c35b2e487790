/** A moment in the past as people say it: an age, a time of day, or a date, in local time. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { parseDuration } from "../model/duration.ts";

const dayMs = 86_400_000;
const agePattern = /^\d+(\.\d+)?(s|m|h|d)$/;
const clockPattern = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const datePattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** `2h`, `14:05` (today's, or yesterday's when that is still to come), `2026-11-20`, `2026-11-20T14:05` as ISO 8601 in UTC. Throws `time-invalid`. */
export function parseMoment(text: string, now: Date): string {
  const moment = momentOf(text, now);
  if (moment !== undefined && !Number.isNaN(moment.getTime())) return moment.toISOString();
  throw new UserError("time-invalid", `"${text}" is not a time`, {
    exit: exitCodes.usage,
    hints: [...meant(text), ["form", "an age such as 2h or 3d, or a time: 14:05, 2026-11-20, 2026-11-20T14:05"]],
  });
}

/** `yesterday`, `2 hours ago`, `1w`: as the age that it is. */
function meant(text: string): Hint[] {
  const [, amount = "1", unit] = /^\s*(?:last\s+|(\d{1,6})\s*)(s|m|h|d|w)[a-z]*(?:\s+ago)?\s*$/i.exec(text) ?? [];
  if (/^yesterday$/i.test(text.trim())) return [["did you mean", "1d"]];
  if (unit === undefined) return [];
  return [["did you mean", unit.toLowerCase() === "w" ? `${Number(amount) * 7}d` : amount + unit.toLowerCase()]];
}

function momentOf(text: string, now: Date): Date | undefined {
  if (agePattern.test(text)) return new Date(now.getTime() - parseDuration(text, "age"));
  const [, hours, minutes, seconds = "0"] = clockPattern.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const today = new Date(now);
    today.setHours(Number(hours), Number(minutes), Number(seconds), 0);
    return today > now ? new Date(today.getTime() - dayMs) : today;
  }
  if (!datePattern.test(text)) return undefined;
  // A date alone would be read as UTC, a date with a time as local.
  return new Date(text.includes("T") ? text : `${text}T00:00`);
}
