/** When an instance is owed a point that nobody asked for. */
import { pointsMax } from "./decide-points.ts";
import type { InstanceState } from "./state.ts";

const hourMs = 3_600_000;

/**
 * `hourly`: it has run for an hour since its newest point; `stopped`: its guest has shut itself down. Only a disk that has changed
 * since is worth one, which the log does not tell. Nothing while an operation is under way. `nowMs`: since 1970.
 */
export function owedPoint(state: InstanceState, nowMs: number): "hourly" | "stopped" | undefined {
  const { hardware, pending, deleted, ephemeral, points, power, paused, running, stopped } = state;
  if (!hardware || pending || deleted || ephemeral || points.length >= pointsMax) return undefined;
  const newest = points.at(-1)?.madeAt ?? "";
  if (power === "off") return stopped?.cause === "guest" && newest < stopped.at ? "stopped" : undefined;
  if (power !== "running" || !running || paused) return undefined;
  const since = newest > running.since ? newest : running.since;
  return nowMs - Date.parse(since) >= hourMs ? "hourly" : undefined;
}
