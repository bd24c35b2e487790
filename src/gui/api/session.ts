/**
 * Who this window is: the one-time token of its address, or the ticket of the window's storage, exchanged for a bearer that lives in
 * memory only. The ticket lets a reload go on; it is used once, and replaced by the next one.
 */
import { UserError, exitCodes } from "../../errors.ts";
import { fromWire } from "../../api/wire.ts";

export interface Session {
  /** Id, no secret. */
  readonly session: string;
  readonly bearer: string;
  readonly user: string;
  /** When it ends by itself, ISO 8601. */
  readonly expires: string;
  /** Of the log when it was granted. */
  readonly position: number;
}

const ticketKey = "strata.resume";

/** Undefined: there is neither token nor ticket, or they count no more. Throws when the daemon cannot be reached. */
export async function openSession(): Promise<Session | undefined> {
  const token = takeToken();
  const opened = token === undefined ? undefined : await exchange("/session", { token });
  return opened ?? resumeSession();
}

/** With the ticket of this window, when its page is loaded again. */
async function resumeSession(): Promise<Session | undefined> {
  const ticket = sessionStorage.getItem(ticketKey);
  if (ticket === null) return undefined;
  return exchange("/session/resume", { ticket });
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
  const opened = sessionIn(answer);
  if (opened) return opened;
  throw new UserError("answer-invalid", "the daemon opened a session without its parts", {
    exit: exitCodes.unreachable,
  });
}

/** What a daemon grants; undefined when it is something else. The ticket for the page's next life is kept at once. */
export function sessionIn(granted: Record<string, unknown>): Session | undefined {
  const { session, bearer, resume, user, expires, position } = granted;
  const isWhole =
    typeof session === "string" &&
    typeof bearer === "string" &&
    typeof user === "string" &&
    typeof expires === "string" &&
    typeof position === "number" &&
    typeof resume === "string";
  if (!isWhole) return undefined;
  sessionStorage.setItem(ticketKey, resume);
  return { session, bearer, user, expires, position };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
