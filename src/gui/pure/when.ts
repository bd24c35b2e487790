/** Times as people read them: how long ago, and on which clock. */
import { formatDuration } from "../../model/duration.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** `now`, `42 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. A time ahead of `nowMs` (two clocks) is `now`. */
export function ago(time: string, nowMs: number): string {
  const ms = nowMs - Date.parse(time);
  if (Number.isNaN(ms)) return time;
  if (ms < 2_000) return "now";
  return `${whole(ms)} ago`;
}

/** The largest unit alone. */
function whole(ms: number): string {
  if (ms < minuteMs) return `${Math.floor(ms / 1000)} s`;
  if (ms < 60 * minuteMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / (60 * minuteMs))} h`;
  return `${Math.floor(ms / dayMs)} d`;
}

/** What is left until `time`: `in 2 h 5 min`; `due` when it is over. */
export function until(time: string, nowMs: number): string {
  const ms = Date.parse(time) - nowMs;
  return ms <= 0 ? "due" : `in ${formatDuration(Math.ceil(ms / 1000) * 1000)}`;
}

/** `2026-11-28 07:49:08` in the zone of whoever looks. */
export function clock(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
