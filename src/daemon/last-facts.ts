/** What guests said of themselves last, in this run of theirs: at once for who asks again, and for when they are silent. */
import type { InstanceState } from "../events/instance/state.ts";
import type { GuestFacts } from "../model/guest-facts.ts";
import type { Clock } from "../sys/clock.ts";

interface Said {
  /** When that run of the machine began. */
  readonly since: string;
  readonly facts: GuestFacts;
  readonly at: number;
}

export interface LastFacts {
  keep(state: InstanceState, facts: GuestFacts): void;
  /** `ageMs`: whole milliseconds since it was said. */
  of(state: InstanceState): { readonly facts: GuestFacts; readonly ageMs: number } | undefined;
}

/** One entry for each instance that has run: bounded by them. */
export function createLastFacts(clock: Pick<Clock, "monotonicMs">): LastFacts {
  const said = new Map<string, Said>();
  return {
    keep({ id, running }, facts) {
      if (running) said.set(id, { since: running.since, facts, at: clock.monotonicMs() });
    },
    of({ id, running }) {
      const known = said.get(id);
      if (!known || known.since !== running?.since) return undefined;
      return { facts: known.facts, ageMs: Math.max(0, clock.monotonicMs() - known.at) };
    },
  };
}
