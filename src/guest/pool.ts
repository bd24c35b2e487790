/** The kept connections of all guests: one each, more when a guest allows no further session on it, remade once when dead. */
import { UserError, exitCodes } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Network } from "../sys/network.ts";
import type { GuestChannel } from "./channel.ts";
import type { SessionRequest } from "./command-line.ts";
import type { GuestConnection } from "./connection.ts";
import { untilAborted } from "./or-abort.ts";
import { connectGuest } from "./ssh.ts";
import type { GuestTarget } from "./ssh.ts";

/** OpenSSH allows 10 sessions per connection, so this is 320 sessions per instance (32 where the server is dropbear). */
const connectionsPerGuestMax = 32;
/** Connections without a session that are kept for the next ones. */
const idleMax = 4;
/** Dead connections that one request may meet: a kept one that nobody had noticed, but not a fresh one after it. */
const deathsMax = 1;

export interface GuestPool {
  /** Starts a command or shell in the guest. Rejects as `connectGuest` does, with `guest-busy`, or with the signal's reason. */
  open(id: string, target: GuestTarget, request: SessionRequest, signal: AbortSignal): Promise<GuestChannel>;
  /** Makes sure that a living connection is kept, for example right after boot. */
  connect(id: string, target: GuestTarget, signal: AbortSignal): Promise<void>;
  /** Forgets and closes: the instance stopped, was reset or went back in time. Its sessions end as lost. */
  drop(id: string): void;
  /** Drops all. */
  close(): void;
}

interface Guest {
  /** Endpoint and keys that the connections were made for: after a restart they are of no use. */
  readonly identity: string;
  connections: readonly GuestConnection[];
  /** One login at a time; whoever comes meanwhile shares it, so no single caller's signal ends it. */
  login: Promise<void> | undefined;
  readonly dropped: AbortController;
}

const identityOf = ({ endpoint, user, hostKey }: GuestTarget) =>
  JSON.stringify([endpoint.host, endpoint.port, user, hostKey]);

/** What logins need of the host. */
interface Ways {
  readonly network: Network;
  readonly clock: Pick<Clock, "sleep">;
}

async function logIn(guest: Guest, target: GuestTarget, ways: Ways): Promise<void> {
  const connection = await connectGuest(target, { ...ways, signal: guest.dropped.signal });
  guest.dropped.signal.addEventListener("abort", connection.close, { once: true });
  guest.connections = [...guest.connections, connection];
}

/** Waits for one more connection of this guest. */
async function grow(guest: Guest, target: GuestTarget, ways: Ways, signal: AbortSignal): Promise<void> {
  guest.login ??= logIn(guest, target, ways).finally(() => (guest.login = undefined));
  const login = guest.login;
  await untilAborted(signal, login);
}

/** Closes idle connections that a burst of sessions has left. */
function trim(guest: Guest): void {
  const idle = guest.connections.filter((each) => each.sessions() === 0).slice(idleMax);
  guest.connections = guest.connections.filter((each) => !idle.includes(each));
  for (const connection of idle) connection.close();
}

/** A session on one of the connections; undefined when each one refuses. Dead ones are removed, at most `deathsMax` of them. */
async function openOn(guest: Guest, request: SessionRequest, signal: AbortSignal, deaths: { count: number }) {
  for (const connection of guest.connections) {
    try {
      return await connection.open(request, signal);
    } catch (error) {
      const code = error instanceof UserError ? error.code : undefined;
      if (code === "session-refused") continue;
      if (code !== "guest-unreachable") throw error;
      // Others may still run on it: a busy guest can be too slow for a new session and yet serve those.
      connection.retire();
      guest.connections = guest.connections.filter((each) => each !== connection);
      if (++deaths.count > deathsMax) throw error;
    }
  }
  return undefined;
}

export function createGuestPool({ network, clock }: Ways): GuestPool {
  const guests = new Map<string, Guest>();
  const ways = { network, clock };

  const drop = (id: string) => {
    const guest = guests.get(id);
    guests.delete(id);
    guest?.dropped.abort(
      new UserError("guest-unreachable", "the guest was stopped meanwhile", { exit: exitCodes.guestSide }),
    );
  };

  const guestOf = (id: string, target: GuestTarget): Guest => {
    const identity = identityOf(target);
    const known = guests.get(id);
    if (known?.identity === identity) {
      known.connections = known.connections.filter((each) => each.isAlive());
      return known;
    }
    drop(id);
    const fresh: Guest = { identity, connections: [], login: undefined, dropped: new AbortController() };
    guests.set(id, fresh);
    return fresh;
  };

  return {
    open: async (id, target, request, signal) => {
      const guest = guestOf(id, target);
      const deaths = { count: 0 };
      for (let logins = 0; logins <= connectionsPerGuestMax; logins++) {
        const channel = await openOn(guest, request, signal, deaths);
        if (channel !== undefined) {
          void channel.closed.then(() => trim(guest));
          return channel;
        }
        if (guest.connections.length >= connectionsPerGuestMax) break;
        await grow(guest, target, ways, signal);
      }
      throw new UserError("guest-busy", "the guest allows no further sessions", {
        exit: exitCodes.guestSide,
        hints: [["next", "end some of its running exec and shell sessions"]],
      });
    },
    connect: async (id, target, signal) => {
      const guest = guestOf(id, target);
      if (guest.connections.length === 0) await grow(guest, target, ways, signal);
    },
    drop,
    close: () => [...guests.keys()].forEach(drop),
  };
}
