/** What is owed to an instance that was made for a time only. */
import type { InstanceState } from "./state.ts";

/** `delete`: to the trash; `purge`: for good. Nothing while an operation is under way. `now`: ISO 8601 in UTC with milliseconds. */
export function owedEnd(
  { pending, endsAt, ephemeral, deleted, power }: InstanceState,
  now: string,
): "delete" | "purge" | undefined {
  if (pending) return undefined;
  const isOver = endsAt !== undefined && endsAt <= now;
  if (ephemeral) return isOver || power === "off" || power === "crashed" ? "purge" : undefined;
  return isOver && !deleted ? "delete" : undefined;
}
