/** Recorded times in the reader's time zone. */

/** `14:05:09` for today, `11-20 14:05` within the year, else `2026-11-20`; `now` decides what today is. */
export function localTime(time: string, now: Date): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const two = (value: number) => String(value).padStart(2, "0");
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
