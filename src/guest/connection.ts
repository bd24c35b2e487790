/** Sessions over one login in a guest. */
import type { Client, ClientChannel } from "ssh2";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import { createGuestChannel } from "./channel.ts";
import type { GuestChannel } from "./channel.ts";
import { commandLine } from "./command-line.ts";
import type { SessionRequest } from "./command-line.ts";
import { orAbort } from "./or-abort.ts";
import { begin, isOpen, openChannel, type Start } from "./session-channel.ts";

export interface GuestConnection {
  /**
   * Starts a command or shell. `session-refused`: the guest allows no more sessions here; `session-failed`: it cannot start
   * this one; `guest-unreachable`: the connection is dead, or does not answer in time.
   */
  open(request: SessionRequest, signal: AbortSignal): Promise<GuestChannel>;
  /** Sessions that run or are about to. */
  sessions(): number;
  /** Ends its sessions. */
  close(): void;
  /** Closes when its last session is over. */
  retire(): void;
  isAlive(): boolean;
}

/** From asking for a session until its command runs. */
const openLimitMs = 15_000;

/**
 * dropbear (seen with 2022.83) mixes up channels when one opens while another closes: in 1 of some 500 sessions side by side
 * it ends the connection with a failed assertion. One after the other never failed, so each connection gets one at a time.
 */
const sessionsMaxOf = (server: string) => (server.startsWith("dropbear") ? 1 : Infinity);

export const unreachable = (why: string, cause?: unknown): UserError =>
  new UserError("guest-unreachable", `the guest does not answer over SSH: ${why}`, {
    exit: exitCodes.guestSide,
    cause,
  });

const full = (cause?: unknown) =>
  new UserError("session-refused", "the guest allows no more sessions on this connection", {
    exit: exitCodes.guestSide,
    cause,
  });

/** What a living guest means by not starting a session: no room (ssh2 names a reason then), or not this one. */
function refused(error: unknown): UserError {
  if (error instanceof Error && "reason" in error) return full(error);
  return new UserError("session-failed", `the guest does not start the command: ${messageOf(error)}`, {
    exit: exitCodes.guestSide,
    cause: error,
  });
}

/** Keeps one channel open ahead of the next session. */
function createSpare(client: Client) {
  let spare: Promise<ClientChannel | undefined> | undefined;
  return {
    prepare: () => {
      // No room for it now: the next session asks for itself, and hears why.
      spare ??= openChannel(client).catch(() => undefined);
    },
    /** The channel, as soon as it is open; undefined when there is none. */
    take: async (): Promise<ClientChannel | undefined> => {
      const taken = spare;
      spare = undefined;
      const channel = await taken;
      return channel && isOpen(channel) ? channel : undefined;
    },
  };
}

/** Keeps a client that is logged in. `server`: the software that it named in its banner. */
export function keepConnection(client: Client, server: string): GuestConnection {
  const sessionsMax = sessionsMaxOf(server);
  let isAlive = true;
  let isRetired = false;
  let sessions = 0;
  const spare = createSpare(client);
  let why = "the guest closed the connection";
  client.on("error", (error) => (why = messageOf(error)));
  // "end" comes first: from then on nothing can be asked any more.
  client.on("end", () => (isAlive = false)).on("close", () => (isAlive = false));

  const lostBecause = () =>
    isAlive
      ? "the guest ended the session without saying how the command ended"
      : `the connection to the guest is lost: ${why}`;

  const beginOn = async (channel: ClientChannel, start: Start, limited: AbortSignal): Promise<GuestChannel> => {
    // Listened to at once: its end may be in the very packet that says it began.
    const guest = createGuestChannel(channel, lostBecause);
    try {
      limited.throwIfAborted();
      await begin(client, channel, start);
      limited.throwIfAborted();
      return guest;
    } catch (error) {
      guest.close();
      throw error;
    }
  };

  const run = async (start: Start, limited: AbortSignal): Promise<GuestChannel> => {
    const ahead = await spare.take();
    if (ahead !== undefined) {
      try {
        return await beginOn(ahead, start, limited);
      } catch (error) {
        // A guest that refuses, or has closed the channel meanwhile, has begun nothing: it is asked once more on a new one.
        if (limited.aborted || !isAlive) throw error;
      }
    }
    return beginOn(await openChannel(client), start, limited);
  };

  const start = async (request: SessionRequest, signal: AbortSignal): Promise<GuestChannel> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(openLimitMs)]);
    try {
      const { terminal, subsystem } = request;
      const line = subsystem === undefined ? commandLine(request) : undefined;
      return await orAbort<GuestChannel>(
        limited,
        (resolve, reject) => void run({ line, terminal, subsystem }, limited).then(resolve, reject),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      if (limited.aborted) throw unreachable("no session within 15 s");
      throw isAlive ? refused(error) : unreachable(messageOf(error), error);
    }
  };

  const ended = () => {
    sessions -= 1;
    if (isRetired && sessions === 0) client.end();
  };
  const closed = () => {
    ended();
    if (isAlive && !isRetired && sessions === 0) spare.prepare();
  };
  spare.prepare();
  return {
    open: async (request, signal) => {
      if (sessions >= sessionsMax) throw full();
      sessions += 1;
      try {
        const channel = await start(request, signal);
        void channel.closed.then(closed);
        return channel;
      } catch (error) {
        ended();
        throw error;
      }
    },
    sessions: () => sessions,
    close: () => void client.end(),
    retire: () => {
      isRetired = true;
      if (sessions === 0) client.end();
    },
    isAlive: () => isAlive,
  };
}
