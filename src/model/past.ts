/** A place in the past as people say it: an operation's number, an age, a time of day, a date. Which moment a time is, the reader's clock and time zone say (sys/moment.ts). */
import { parseDuration } from "./duration.ts";

/** `time` is the text itself: `14:05`, `2026-11-20`, `2026-11-20T14:05`, also with seconds and a zone. */
export type Past = { readonly operation: number } | { readonly age: number } | { readonly time: string };

const numberPattern = /^\d{1,15}$/;
const agePattern = /^\d{1,9}(?:\.\d{1,3})?[smhd]$/;
export const clockPattern = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const datePattern = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** What `text` names: `7` an operation, `2h` an age in milliseconds, else a time. Undefined: none of them, so that it may be a name. */
export function parsePast(text: string): Past | undefined {
  if (numberPattern.test(text)) return { operation: Number(text) };
  if (agePattern.test(text)) return { age: parseDuration(text, "age") };
  const isDate = datePattern.test(text) && !Number.isNaN(Date.parse(text));
  return isDate || clockPattern.test(text) ? { time: text } : undefined;
}
