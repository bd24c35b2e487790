/**
 * Who this window is: the one-time token of its address, or the ticket of the window's storage, exchanged for a bearer that lives in
 * memory only. The ticket lets a reload go on; it is used once, and replaced by the next one.
 */
import { UserError, exitCodes } from "../../errors.ts";
import { fromWire } from "../../api/wire.ts";

export interface Session {
  readonly bearer: string;
  readonly user: string;
  /** When it ends by itself, ISO 8601. */
  readonly expires: string;
}

const ticketKey = "strata.resume";

/** Undefined: there is neither token nor ticket, or they count no more. Throws when the daemon cannot be reached. */
export async function openSession(): Promise<Session | undefined> {
  const token = takeToken();
  const opened = token === undefined ? undefined : await exchange("/session", { token });
  return opened ?? resumeSession();
}

/** With the ticket of this window. */
export async function resumeSession(): Promise<Session | undefined> {
  const ticket = sessionStorage.getItem(ticketKey);
  if (ticket === null) return undefined;
  return exchange("/session/resume", { ticket });
}

/** A ticket for one WebSocket. */
export async function socketTicket(bearer: string): Promise<string> {
  const response = await fetch("/session/ticket", { method: "POST", headers: { authorization: `Bearer ${bearer}` } });
  const body: unknown = await response.json();
  if (isRecord(body) && typeof body["ticket"] === "string") return body["ticket"];
  throw fromWire(body) ?? new UserError("answer-invalid", "the daemon gave no ticket for a connection");
}

/** The token of `#token=…`; the address is clean afterwards, before anything else sees it. */
function takeToken(): string | undefined {
  const found = /^#token=([\w.~-]{1,200})$/.exec(location.hash)?.[1];
  if (found !== undefined) history.replaceState(null, "", `${location.pathname}#/instances`);
  return found;
}

async function exchange(path: string, body: object): Promise<Session | undefined> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.status === 401 || response.status === 403) {
    sessionStorage.removeItem(ticketKey);
    return undefined;
  }
  if (!response.ok || !isRecord(answer)) {
    throw fromWire(answer) ?? new UserError("answer-invalid", `the daemon answered HTTP ${response.status}`);
  }
  const { bearer, resume, user, expires } = answer;
  if (typeof bearer !== "string" || typeof user !== "string" || typeof expires !== "string") {
    throw new UserError("answer-invalid", "the daemon opened a session without its parts", {
      exit: exitCodes.unreachable,
    });
  }
  if (typeof resume === "string") sessionStorage.setItem(ticketKey, resume);
  return { bearer, user, expires };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
