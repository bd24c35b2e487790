/** The call that asks guests themselves: all at once, and nobody waits for one that is silent. */
import type { CallHandlers } from "../../api/server.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { AskedGuest } from "../../model/guest-facts.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import type { Caller, Daemon } from "./context.ts";

/** For all of them together. An emulated guest that is busy takes a second to answer. */
const askingMs = 2_500;
/** Asked at the same time; the others wait for their turn, within the same time. */
const askedAtOnceMax = 32;

interface Ports {
  readonly guests: Pick<Guests, "facts">;
  readonly keyring: Keyring;
}

export function factsHandlers(
  { dispatcher, clock }: Pick<Daemon, "dispatcher" | "clock">,
  ports: Ports,
): Pick<CallHandlers<Caller>, "instance.facts"> {
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
          answers.set(state.id, await ask(ports, state, limit.signal, silent.promise));
      };
      await Promise.all(Array.from({ length: askedAtOnceMax }, askNext)).finally(disarm);
      return states.flatMap(({ id }) => answers.get(id) ?? []);
    },
  };
}

async function ask(
  { guests, keyring }: Ports,
  state: InstanceState,
  signal: AbortSignal,
  silent: Promise<never>,
): Promise<AskedGuest> {
  const { id, name } = state;
  const asked = async () => guests.facts(id, await addressOf(keyring, state), signal);
  try {
    // A guest whose time is over is not waited for, whatever still has to be closed.
    return { id, name, facts: await Promise.race([asked(), silent]) };
  } catch (error) {
    const code = error instanceof UserError ? error.code : "guest-silent";
    return { id, name, failure: { code, message: messageOf(error) } };
  }
}

const isSilent = new UserError("guest-silent", `the guest did not answer within ${askingMs / 1000} s`);
