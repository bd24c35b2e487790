/** How long the trash keeps an instance, in words. */
import { formatDuration } from "../model/duration.ts";
import type { InstanceView } from "../model/view.ts";

const dayMs = 86_400_000;

/** `(in the trash for 7 days: strata recover web)`; `ageMs` tells how long ago a recorded time is. */
export function trashRemark(instance: InstanceView | undefined, ageMs: (time: string) => number): string {
  if (!instance?.expiresAt) return "(in the trash)";
  const leftMs = -ageMs(instance.expiresAt);
  const days = Math.round(leftMs / dayMs);
  const time = days >= 1 ? `${days} day${days === 1 ? "" : "s"}` : formatDuration(Math.max(0, leftMs));
  return `(in the trash for ${time}: strata recover ${instance.name})`;
}
