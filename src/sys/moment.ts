/** A moment in the past as people say it: an age, a time of day, or a date, in local time. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { clockPattern, parsePast } from "../model/past.ts";

const dayMs = 86_400_000;

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
  const past = parsePast(text);
  if (past === undefined || "operation" in past) return undefined;
  if ("age" in past) return new Date(now.getTime() - past.age);
  const [, hours, minutes, seconds = "0"] = clockPattern.exec(text) ?? [];
  // A date alone would be read as UTC, a date with a time as local.
  if (hours === undefined) return new Date(text.includes("T") ? text : `${text}T00:00`);
  const today = new Date(now);
  today.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  return today > now ? new Date(today.getTime() - dayMs) : today;
}
