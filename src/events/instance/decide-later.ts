/** The rules for a stop that comes later: when it may be asked for, and what calls it off. */
import type { InstanceCommand, Opening } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import { intentOf, refuseBusy, refuseDeleted, refuseSuspended, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;

/** A second one takes the place of the first. */
export function decideStopLater(
  command: Command<"stop-later">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  refuseSuspended(state);
  if (state.power !== "running") return [];
  const { at, inMs } = command;
  return [{ type: "instance.stop-scheduled", version: 1, data: { ...intentOf(command, around), at, inMs } }];
}

export function decideStopNever(
  command: Command<"stop-never">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseBusy(state);
  return calledOff(command, state, around, "asked");
}

/** Nothing, where no stop is to come. */
export function calledOff(
  command: Opening,
  { stopsAt: at }: InstanceState,
  around: Surroundings,
  why: "asked" | "start",
): InstanceEvent[] {
  if (at === undefined) return [];
  return [{ type: "instance.stop-unscheduled", version: 1, data: { ...intentOf(command, around), at, why } }];
}
