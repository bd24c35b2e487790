/** What a request from the right page lacks. Pure. */
import type { Refusal } from "./checks.ts";

export const refusals = {
  sessionNeeded: { status: 401, code: "session-needed", why: "it has no bearer of a session that lives" },
  tokenRefused: { status: 401, code: "token-refused", why: "its token is unknown, used or too old" },
  ticketRefused: { status: 401, code: "ticket-refused", why: "its ticket is unknown, used or too old" },
  proofRefused: {
    status: 401,
    code: "proof-refused",
    why: "its proof is wrong, or of a nonce that was used or too old",
  },
  ticketsOut: { status: 429, code: "tickets-out", why: "too many tickets were asked for and not used" },
  notFound: { status: 404, code: "path-not-found", why: "nothing is there" },
} as const satisfies Record<string, Refusal>;
