/** The calls about the window: the page that the daemon serves on this host, and who is signed in there. */
import { z } from "zod";
import { WindowSession } from "../model/window.ts";
import { call } from "./shapes.ts";

export const windowCalls = {
  /** An address that signs in once, as the unix user who asks, within a minute. Only over the unix socket. */
  "window.open": call(
    z.object({}),
    z.object({
      /** `http://127.0.0.1:PORT/#token=...`; a secret. */
      url: z.string(),
      port: z.int(),
      /** Id of the session that it becomes. */
      session: z.string(),
      /** Until when it is good. */
      expires: z.string(),
    }),
  ),
  /** Who is signed in; `refusals`: requests that were turned away since the daemon started. */
  "window.sessions": call(z.object({}), z.object({ sessions: z.array(WindowSession), refusals: z.int() })),
  /** Ends a session by its id, or every session and invitation; what is open in it is cut. Answers those that were. */
  "window.revoke": call(
    z.union([z.object({ session: z.string().min(1).max(100) }), z.object({ all: z.literal(true) })]),
    z.array(WindowSession),
  ),
} as const;
