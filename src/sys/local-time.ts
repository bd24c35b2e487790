/** Recorded times in the reader's time zone. */

/** `14:05:09` for today, `11-20 14:05` within the year, else `2026-11-20`; `now` decides what today is. */
export function localTime(time: string, now: Date): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  if (at.toDateString() === now.toDateString()) return `${clock}:${two(at.getSeconds())}`;
  return at.getFullYear() === now.getFullYear() ? `${day} ${clock}` : `${at.getFullYear()}-${day}`;
}

/** `2026-11-20T14:05:09.123`, as lines of a log have it. */
export function logTime(at: Date): string {
  const asUtc = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return asUtc.toISOString().slice(0, -1);
}

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** As the C library writes a time where no other locale is set: `Sat Nov  7 00:01:17 2026 UTC`. */
export function fullTime(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
  const date = `${days[at.getDay()]} ${months[at.getMonth()]} ${String(at.getDate()).padStart(2)}`;
  return `${date} ${clock} ${at.getFullYear()} ${zoneName(at)}`;
}

/** `UTC`, `CET`; `GMT+1` where the zone has no short name in English. */
function zoneName(at: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

const two = (value: number): string => String(value).padStart(2, "0");
