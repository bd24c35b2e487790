/** What every noun's rules are made of: typed events with a schema, refusals, and the fold. */
import { z } from "zod";
import { UserError } from "../errors.ts";

/** A command that the rules do not allow; nothing is recorded. */
export class Rejected extends UserError {}

/** Schema of one event type: `type` and `version` are literals, so a union of them discriminates on `type`. */
export function event<Type extends string, Version extends number, Data extends z.ZodType>(
  type: Type,
  version: Version,
  data: Data,
) {
  return z.object({ type: z.literal(type), version: z.literal(version), data });
}

/** Rules of one noun: which events a command yields, and what an event does to the state. */
export interface Decider<State, Command, Event> {
  readonly initial: State;
  decide(command: Command, state: State): Event[];
  evolve(state: State, event: Event): State;
}

/** The state after all events, from the beginning. */
export function replay<State, Command, Event>(decider: Decider<State, Command, Event>, events: Iterable<Event>): State {
  let state = decider.initial;
  for (const each of events) state = decider.evolve(state, each);
  return state;
}
