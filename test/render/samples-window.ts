/** What samples there are of the window. */
import type { WindowSession } from "../../src/model/window.ts";

export const windowSessions: readonly WindowSession[] = [
  {
    id: "5f0c2a91",
    user: "ada",
    kind: "page",
    since: "2026-11-20T14:00:00.000Z",
    used: "2026-11-20T14:05:00.000Z",
    program: "/usr/bin/strata",
  },
  { id: "11aa22bb", user: "root", kind: "page", since: "2026-11-19T08:00:00.000Z", used: "2026-11-19T20:05:00.000Z" },
];
