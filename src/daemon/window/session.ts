/** A session of the window: whose it is, what a page gets of it, and what is kept of it for the next daemon. Pure. */
import type { Actor } from "../../events/envelope.ts";
import type { Caller } from "../handlers/context.ts";
import type { KeptSession } from "./kept.ts";

/** `lost`: the next daemon could not go on with it. */
export type EndReason = "left" | "idle" | "revoked" | "lost";

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
  /** Id, no secret. */
  readonly session: string;
  readonly bearer: string;
  /** For the page's next life, once. */
  readonly resume: string;
  /** Name of the unix user. */
  readonly user: string;
  /** When it ends if it is not used before (ISO 8601). */
  readonly expires: string;
  /** Of the log by then: what the page asks from now on is at least as new. */
  readonly position: number;
}

/** What was true of the program that asked is not of the browser; only the user is the same. */
export function sessionOf(session: string, { actor: asking, account }: Required<Caller>, now: string): Session {
  const { id, name, role, login, client, program } = asking;
  const actor: Actor = {
    kind: "user",
    id,
    name,
    role,
    via: "gui",
    session,
    ...(login !== undefined && { login }),
    ...(client !== undefined && { client }),
  };
  return { id: session, caller: { actor, account }, program, since: now, usedAt: now };
}

/** `bearer`: the hash of it. */
export function keptOf({ id, caller, program, since }: Session, used: string, bearer: string): KeptSession {
  const { actor, account } = caller;
  const { name, role, login, client } = actor;
  return {
    id,
    user: actor.id,
    name,
    role,
    account,
    since,
    used,
    bearer,
    ...(login !== undefined && { login }),
    ...(client !== undefined && { client }),
    ...(program !== undefined && { program }),
  };
}

export function sessionOfKept({
  id,
  user,
  name,
  role,
  login,
  client,
  account,
  program,
  since,
  used,
}: KeptSession): Session {
  const asking = {
    ...({ kind: "user", id: user, name, role, via: "gui" } as const),
    ...(login !== undefined && { login }),
    ...(client !== undefined && { client }),
    ...(program !== undefined && { program }),
  };
  return { ...sessionOf(id, { actor: asking, account }, since), usedAt: used };
}
