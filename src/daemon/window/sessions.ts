/** Who is at the window: sessions of unix users who asked for it, from the invitation to the end. Only hashes of their secrets are kept. */
import type { Clock } from "../../sys/clock.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Caller } from "../handlers/context.ts";
import type { KeptSession } from "./kept.ts";
import { isSame, proofOf } from "./proofs.ts";
import { type EndReason, type Grant, keptOf, type Session, sessionOf, sessionOfKept } from "./session.ts";
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

export interface SessionsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  opened(session: Session): void;
  ended(session: Session, why: EndReason): void;
  /** What is to be kept is another one now. */
  changed(): void;
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

export function createSessions({ clock, ids, opened, ended, changed }: SessionsOptions) {
  const held = new Map<string, Held>();
  const invitations = createTickets<Invitation>({ clock, ids }, { lifeMs: tokenMs, max: sessionsMax });
  const tickets = createTickets<string>({ clock, ids }, { lifeMs: ticketMs, max: ticketsMax });
  const nonces = createTickets<string>({ clock, ids }, { lifeMs: ticketMs, max: ticketsMax });
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
    changed();
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
    changed();
    const { id: session, caller } = one.session;
    const expires = new Date(clock.now().getTime() + idleMs).toISOString();
    return { session, bearer, resume, user: caller.actor.name, expires };
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
      const session = sessionOf(invitation.session, invitation.caller, clock.now().toISOString());
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
    /** Tells a page that it is its daemon that answers, and a nonce for the page's own proof; undefined: no such session. */
    challenge(id: string, nonce: string): { readonly nonce: string; readonly proof: string } | undefined {
      const one = find(({ session }) => session.id === id);
      const own = one && nonces.issue(id);
      return one && own !== undefined ? { nonce: own, proof: proofOf("daemon", one.bearerHash, nonce) } : undefined;
    },
    /** For a page whose daemon was gone: a proof, which is good once, where a secret could fall into other hands. */
    comeBack(nonce: string, proof: string): Grant | undefined {
      const id = nonces.redeem(nonce);
      const one = find(({ session }) => session.id === id);
      if (!one || !isSame(proof, proofOf("page", one.bearerHash, nonce))) return undefined;
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
    /** For the next daemon. */
    kept: (): KeptSession[] =>
      [...held.values()].map((one) => {
        const used = new Date(clock.now().getTime() - idleOf(one)).toISOString();
        return keptOf(one.session, used, one.bearerHash);
      }),
    /** Those of the daemon before. */
    restore(kept: readonly KeptSession[]): void {
      for (const each of kept.slice(0, sessionsMax)) {
        const idle = Math.max(0, clock.now().getTime() - Date.parse(each.used));
        const usedMs = clock.monotonicMs() - idle;
        const session = sessionOfKept(each);
        held.set(each.id, { session, bearerHash: each.bearer, resumeHash: "", usedMs, open: new Set() });
      }
      sweep();
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
