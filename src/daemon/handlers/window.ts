/** The calls about the window and its sessions. */
import type { CallHandlers } from "../../api/server.ts";
import type { WindowSession } from "../../model/window.ts";
import type { Session } from "../window/session.ts";
import type { Window } from "../window/window.ts";
import type { Caller } from "./context.ts";

type Names = "window.open" | "window.sessions" | "window.revoke";

const view = ({ id, caller, since, usedAt, program }: Session): WindowSession => ({
  id,
  user: caller.actor.name,
  kind: "page",
  since,
  used: usedAt,
  ...(program !== undefined && { program }),
});

export function windowHandlers(window: Window): Pick<CallHandlers<Caller>, Names> {
  return {
    "window.open": (_input, caller) => window.open(caller),
    "window.sessions": async () => ({ sessions: window.sessions().map(view), refusals: window.refusals() }),
    "window.revoke": async (which, caller) => {
      const revoked = await window.revoke("session" in which ? which.session : undefined, caller);
      return revoked.map(view);
    },
  };
}
