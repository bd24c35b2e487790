/** The call that asks guests themselves: all at once, and nobody waits for one that is silent; what they said last is remembered. */
import type { CallHandlers } from "../../api/server.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { AskedGuest, GuestFacts } from "../../model/guest-facts.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { createLastFacts, type LastFacts } from "../last-facts.ts";
import { resolveInstance } from "../resolve.ts";
import type { Caller, Daemon } from "./context.ts";

/** For all of them together. An emulated guest that is busy takes a second to answer. */
const askingMs = 2_500;
/** Asked at the same time; the others wait for their turn, within the same time. */
const askedAtOnceMax = 32;
/** What a guest said is as good as new for so long; it is asked again behind that answer. */
const freshMs = 5_000;

interface Ports {
  readonly guests: Pick<Guests, "facts">;
  readonly keyring: Keyring;
}

interface Desk extends Ports {
  readonly last: LastFacts;
  /** Who is asked now, by id. */
  readonly asking: Map<string, Promise<GuestFacts>>;
}

export function factsHandlers(
  { dispatcher, clock }: Pick<Daemon, "dispatcher" | "clock">,
  ports: Ports,
): Pick<CallHandlers<Caller>, "instance.facts"> {
  const desk: Desk = { ...ports, last: createLastFacts(clock), asking: new Map() };
  return {
    async "instance.facts"({ instances }) {
      const states = await dispatcher.read((world) => instances.map((name) => resolveInstance(world, name)));
      const limit = new AbortController();
      const silent = Promise.withResolvers<never>();
      const disarm = clock.after(askingMs, () => {
        limit.abort(isSilent);
        silent.reject(isSilent);
      });
      silent.promise.catch(() => undefined);
      const answers = new Map<string, AskedGuest>();
      const waiting = [...new Set(states)];
      const askNext = async (): Promise<void> => {
        for (let state = waiting.shift(); state; state = waiting.shift())
          answers.set(state.id, await ask(desk, state, limit.signal, silent.promise));
      };
      await Promise.all(Array.from({ length: askedAtOnceMax }, askNext)).finally(disarm);
      return states.flatMap(({ id }) => answers.get(id) ?? []);
    },
  };
}

/** What is still fresh is the answer, and is made fresh again behind it; one that is silent has what it said last. */
async function ask(desk: Desk, state: InstanceState, signal: AbortSignal, silent: Promise<never>): Promise<AskedGuest> {
  const { id, name } = state;
  const known = desk.last.of(state);
  if (known && known.ageMs < freshMs) {
    void askAnew(desk, state, AbortSignal.timeout(askingMs)).catch(() => undefined);
    return { id, name, facts: known.facts };
  }
  try {
    // A guest whose time is over is not waited for, whatever still has to be closed.
    return { id, name, facts: await Promise.race([askAnew(desk, state, signal), silent]) };
  } catch (error) {
    const code = error instanceof UserError ? error.code : "guest-silent";
    return { id, name, ...known, failure: { code, message: messageOf(error) } };
  }
}

/** Whoever asks while one is asked already shares its answer. */
function askAnew({ guests, keyring, last, asking }: Desk, state: InstanceState, signal: AbortSignal) {
  const { id } = state;
  const under = asking.get(id);
  if (under) return under;
  const begun = (async () => {
    const facts = await guests.facts(id, await addressOf(keyring, state), signal);
    last.keep(state, facts);
    return facts;
  })().finally(() => asking.delete(id));
  asking.set(id, begun);
  return begun;
}

const isSilent = new UserError("guest-silent", `the guest did not answer within ${askingMs / 1000} s`);
