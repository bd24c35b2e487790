/** What is owed to an instance at a time of the wall clock: a stop that was asked for, and the end of one that was made for a time only. */
import type { InstanceState } from "./state.ts";

export type Owed = "stop" | "delete" | "purge";

/** `delete`: to the trash; `purge`: for good. Nothing while an operation is under way. `now`: ISO 8601 in UTC with milliseconds. */
export function owedEnd(state: InstanceState, now: string): Owed | undefined {
  const { pending, endsAt, stopsAt, ephemeral, deleted, power } = state;
  if (pending) return undefined;
  const isOver = endsAt !== undefined && endsAt <= now;
  if (ephemeral && (isOver || power === "off" || power === "crashed")) return "purge";
  if (isOver && !ephemeral && !deleted) return "delete";
  return stopsAt !== undefined && stopsAt <= now && power === "running" ? "stop" : undefined;
}

/** The next time at which it may be owed something; undefined when only what is recorded can bring one. */
export function nextEnd({ endsAt, stopsAt, deleted, ephemeral }: InstanceState, now: string): string | undefined {
  const ends = !deleted || ephemeral === true ? endsAt : undefined;
  return [ends, stopsAt].filter((at) => at !== undefined && at > now).sort()[0];
}
