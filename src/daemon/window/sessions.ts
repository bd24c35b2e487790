/** Who is at the window: sessions of unix users who asked for it, from the invitation to the end. Only hashes of their secrets are kept. */
import type { Actor } from "../../events/envelope.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Caller } from "../handlers/context.ts";
import { createTickets, hashOfSecret, newSecret } from "./tickets.ts";

/** An invitation, the token in the address, is good for so long. */
export const tokenMs = 60_000;
/** A ticket for a WebSocket. */
export const ticketMs = 10_000;
/** After so long without use, a page that was reloaded does not come back by itself. */
export const resumeMs = 15 * 60_000;
/** A session ends after so long without use. One that has a connection open is in use. */
export const idleMs = 12 * 3_600_000;
/** Sessions and invitations at once. */
export const sessionsMax = 32;
/** An id is no secret: short, for people to type. */
const idBytes = 4;
/** Tickets that are out at once, of all sessions. */
const ticketsMax = 256;

export type EndReason = "left" | "idle" | "revoked" | "stopped";

export interface Session {
  readonly id: string;
  /** Who asked for the window, as what is done through it is recorded. */
  readonly caller: Required<Caller>;
  /** The program that asked, as the kernel tells it. */
  readonly program: string | undefined;
  /** ISO 8601. */
  readonly since: string;
  usedAt: string;
}

/** What a page gets when it signs in, and again when it comes back. */
export interface Grant {
  readonly bearer: string;
  /** For the page's next life, once. */
  readonly resume: string;
  /** Name of the unix user. */
  readonly user: string;
  /** When it ends if it is not used before (ISO 8601). */
  readonly expires: string;
}

export interface SessionsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  opened(session: Session): void;
  ended(session: Session, why: EndReason): void;
}

/** A session with what only this file knows of it. */
interface Held {
  readonly session: Session;
  bearerHash: string;
  resumeHash: string;
  usedMs: number;
  /** Ends what is open in it. */
  readonly open: Set<() => void>;
}

export type Sessions = ReturnType<typeof createSessions>;

export function createSessions({ clock, ids, opened, ended }: SessionsOptions) {
  const held = new Map<string, Held>();
  const invitations = createTickets<Invitation>({ clock, ids }, { lifeMs: tokenMs, max: sessionsMax });
  const tickets = createTickets<string>({ clock, ids }, { lifeMs: ticketMs, max: ticketsMax });
  const idleOf = ({ usedMs, open }: Held): number => (open.size > 0 ? 0 : clock.monotonicMs() - usedMs);
  const use = (one: Held): void => {
    one.usedMs = clock.monotonicMs();
    one.session.usedAt = clock.now().toISOString();
  };
  const cut = (one: Held): void => {
    const { open } = one;
    for (const end of open) end();
    open.clear();
  };
  const end = (id: string, why: EndReason): boolean => {
    const one = held.get(id);
    if (!one) return false;
    held.delete(id);
    tickets.revoke((session) => session === id);
    cut(one);
    ended(one.session, why);
    return true;
  };
  /** Also what nobody asks after: what is late is gone. */
  const sweep = (): void => {
    for (const [id, one] of held) if (idleOf(one) >= idleMs) end(id, "idle");
  };
  const find = (isMeant: (one: Held) => boolean): Held | undefined => {
    sweep();
    return [...held.values()].find(isMeant);
  };
  const grant = (one: Held): Grant => {
    const [bearer, resume] = [newSecret(ids), newSecret(ids)];
    one.bearerHash = hashOfSecret(bearer);
    one.resumeHash = hashOfSecret(resume);
    use(one);
    const expires = new Date(clock.now().getTime() + idleMs).toISOString();
    return { bearer, resume, user: one.session.caller.actor.name, expires };
  };
  const count = (): number => {
    sweep();
    return held.size + invitations.values().length;
  };

  return {
    /** The token that becomes a session, and the session's id; undefined: there are too many. */
    invite(caller: Required<Caller>): { readonly token: string; readonly session: string } | undefined {
      if (count() >= sessionsMax) return undefined;
      const session = Buffer.from(ids.bytes(idBytes)).toString("hex");
      const token = invitations.issue({ session, caller });
      return token === undefined ? undefined : { token, session };
    },
    enter(token: string): Grant | undefined {
      const invitation = invitations.redeem(token);
      if (!invitation) return undefined;
      const session = sessionOf(invitation, clock.now().toISOString());
      const one: Held = { session, bearerHash: "", resumeHash: "", usedMs: 0, open: new Set() };
      held.set(session.id, one);
      opened(session);
      return grant(one);
    },
    /** For a page that was loaded again; whoever had the session until now has it no more. */
    resume(ticket: string): Grant | undefined {
      const hash = hashOfSecret(ticket);
      const one = find(({ resumeHash }) => resumeHash === hash);
      if (!one || idleOf(one) >= resumeMs) return undefined;
      cut(one);
      return grant(one);
    },
    ofBearer(bearer: string): Session | undefined {
      const hash = hashOfSecret(bearer);
      const one = find(({ bearerHash }) => bearerHash === hash);
      if (one) use(one);
      return one?.session;
    },
    ticket: ({ id }: Session): string | undefined => tickets.issue(id),
    ofTicket(ticket: string): Session | undefined {
      const id = tickets.redeem(ticket);
      return id === undefined ? undefined : held.get(id)?.session;
    },
    /** `end` is called when the session ends first. The answer says that the connection closed by itself. */
    hold({ id }: Session, end: () => void): () => void {
      const one = held.get(id);
      if (!one) {
        end();
        return () => undefined;
      }
      one.open.add(end);
      return () => {
        if (one.open.delete(end)) use(one);
      };
    },
    list(): Session[] {
      sweep();
      return [...held.values()].map(({ session }) => session);
    },
    end,
    endAll(why: EndReason): void {
      invitations.revoke(() => true);
      for (const id of held.keys()) end(id, why);
    },
    count,
  };
}

interface Invitation {
  readonly session: string;
  readonly caller: Required<Caller>;
}

/** What was true of the program that asked is not of the browser; only the user is the same. */
function sessionOf({ session: id, caller }: Invitation, now: string): Session {
  const { kind, name, role, login, client, program, id: user } = caller.actor;
  const actor: Actor = {
    kind,
    id: user,
    name,
    role,
    via: "gui",
    session: id,
    ...(login !== undefined && { login }),
    ...(client !== undefined && { client }),
  };
  return { id, caller: { actor, account: caller.account }, program, since: now, usedAt: now };
}
