/** The calls behind ordinary SSH clients: who may log in, and where to. */
import type { CallHandlers } from "../../api/server.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { fingerprint } from "../../guest/keys.ts";
import type { SshHost } from "../../model/ssh.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { resolveInstance } from "../resolve.ts";
import type { Caller, Daemon } from "./context.ts";

/** A busy emulated guest takes its time. */
const admitMs = 60_000;

interface Ports {
  readonly guests: Pick<Guests, "admitKey">;
  readonly keyring: Keyring;
}

export function sshHandlers(
  daemon: Daemon,
  { guests, keyring }: Ports,
): Pick<CallHandlers<Caller>, "ssh.hosts" | "ssh.admit"> {
  const { dispatcher } = daemon;
  /** The run of each instance in which a key was last admitted: a guest that boots anew may have lost it with its disk of before. */
  const admitted = new Map<string, InstanceState["running"]>();
  return {
    "ssh.hosts": ({ instances: names }) =>
      dispatcher.read((world) => {
        const states = names?.map((name) => resolveInstance(world, name)) ?? [...world.instances.values()];
        return states.flatMap(hostOf).sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
    "ssh.admit": async ({ instance, key, command }, caller) => {
      const state = resolveInstance(dispatcher.world(), instance);
      const { id, running } = state;
      const address = await addressOf(keyring, state);
      const print = fingerprint(key);
      if (admitted.get(`${id} ${print}`) !== running) {
        await guests.admitKey(id, address, key, AbortSignal.timeout(admitMs));
        // A log that takes no more must not keep anybody out of a guest; the daemon's own log has it then.
        if (daemon.log.mode().kind === "read-only") daemon.report(`key ${print} in ${state.name}, not recorded`);
        else
          await dispatcher.dispatch({ type: "authorize-key", id, fingerprint: print }, { by: caller.actor, command });
        forget(admitted, id, running);
        admitted.set(`${id} ${print}`, running);
      }
      return { ...address.endpoint };
    },
  };
}

/** Of the runs before nothing is asked any more. */
function forget(admitted: Map<string, InstanceState["running"]>, id: string, running: InstanceState["running"]): void {
  for (const [key, run] of admitted) if (key.startsWith(`${id} `) && run !== running) admitted.delete(key);
}

const hostOf = ({ id, name, user, hostKey, deleted }: InstanceState): SshHost[] =>
  hostKey === undefined || deleted ? [] : [{ id, name, user, hostKey }];
