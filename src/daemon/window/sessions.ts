/** The ways to a session of the window: by invitation, by the ticket of a page's last life, by a proof, and by the bearer that they give. */
import type { Ids } from "../../sys/ids.ts";
import type { Caller } from "../handlers/context.ts";
import type { KeptSession } from "./kept.ts";
import { isSame, proofOf } from "./proofs.ts";
import { type EndReason, type Grant, type Session, sessionOf } from "./session.ts";
import { createTable, type Held, idleMs, restore, sessionsMax, type TableOptions } from "./table.ts";
import { createTickets, hashOfSecret, newSecret } from "./tickets.ts";

/** An invitation, the token in the address, is good for so long. */
export const tokenMs = 60_000;
/** A ticket for a WebSocket, and a nonce. */
export const ticketMs = 10_000;
/** After so long without use, a page that was loaded again does not come back by itself. */
export const resumeMs = 15 * 60_000;
/** An id is no secret: short, for people to type. */
const idBytes = 4;
/** Tickets, and nonces, that are out at once, of all sessions. */
const ticketsMax = 256;

export interface SessionsOptions extends TableOptions {
  readonly ids: Ids;
  /** Of the newest event that answers are made of. */
  position(): number;
  opened(session: Session): void;
}

interface Invitation {
  readonly session: string;
  readonly caller: Required<Caller>;
}

export type Sessions = ReturnType<typeof createSessions>;

export function createSessions(options: SessionsOptions) {
  const { clock, ids, opened } = options;
  const table = createTable(options);
  const invitations = createTickets<Invitation>(options, { lifeMs: tokenMs, max: sessionsMax });
  const count = (): number => table.all().length + invitations.values().length;
  const grant = (one: Held): Grant => {
    const [bearer, resume] = [newSecret(ids), newSecret(ids)];
    one.bearerHash = hashOfSecret(bearer);
    one.resumeHash = hashOfSecret(resume);
    table.use(one);
    options.changed();
    const { id: session, caller } = one.session;
    const expires = new Date(clock.now().getTime() + idleMs).toISOString();
    return { session, bearer, resume, user: caller.actor.name, expires, position: options.position() };
  };
  /** To a page in a new life; what is open of the one before is over. */
  const grantAnew = (one: Held): Grant => {
    table.cut(one);
    return grant(one);
  };

  return {
    ...proving(options, table, grantAnew),
    ...ticketing(options, table),
    count,
    hold: table.hold,
    end: table.end,
    kept: table.kept,
    restore: (kept: readonly KeptSession[]): void => restore(table, clock, kept),
    list: (): Session[] => table.all().map(({ session }) => session),
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
      const one = table.add(session, "", clock.monotonicMs());
      opened(session);
      return grant(one);
    },
    /** For a page that was loaded again; whoever had the session until now has it no more. */
    resume(ticket: string): Grant | undefined {
      const hash = hashOfSecret(ticket);
      const one = table.find(({ resumeHash }) => resumeHash === hash);
      return one && table.idleOf(one) < resumeMs ? grantAnew(one) : undefined;
    },
    ofBearer(bearer: string): Session | undefined {
      const hash = hashOfSecret(bearer);
      const one = table.find(({ bearerHash }) => bearerHash === hash);
      if (one) table.use(one);
      return one?.session;
    },
    /** Every one, and every invitation. */
    endAll(why: EndReason): void {
      invitations.revoke(() => true);
      for (const { session } of table.all()) table.end(session.id, why);
    },
  };
}

type Table = ReturnType<typeof createTable>;

/** For a page whose daemon was gone: proofs on both sides, where a secret could fall into other hands. */
function proving(options: SessionsOptions, table: Table, grantAnew: (one: Held) => Grant) {
  const nonces = createTickets<string>(options, { lifeMs: ticketMs, max: ticketsMax });
  return {
    /** Tells a page that it is its daemon that answers, and a nonce for the page's own proof; undefined: no such session. */
    challenge(id: string, nonce: string): { readonly nonce: string; readonly proof: string } | undefined {
      const one = table.find(({ session }) => session.id === id);
      const own = one && nonces.issue(id);
      return one && own !== undefined ? { nonce: own, proof: proofOf("daemon", one.bearerHash, nonce) } : undefined;
    },
    /** The nonce is good once, whatever the proof is. */
    comeBack(nonce: string, proof: string): Grant | undefined {
      const id = nonces.redeem(nonce);
      const one = table.find(({ session }) => session.id === id);
      const isRight = one && isSame(proof, proofOf("page", one.bearerHash, nonce));
      return one && isRight ? grantAnew(one) : undefined;
    },
  };
}

/** Tickets for WebSockets, whose requests take no headers of a page's. */
function ticketing(options: SessionsOptions, table: Table) {
  const tickets = createTickets<string>(options, { lifeMs: ticketMs, max: ticketsMax });
  return {
    /** Undefined: as many as may be are out. */
    ticket: ({ id }: Session): string | undefined => tickets.issue(id),
    ofTicket(ticket: string): Session | undefined {
      const id = tickets.redeem(ticket);
      return id === undefined ? undefined : table.find(({ session }) => session.id === id)?.session;
    },
  };
}
