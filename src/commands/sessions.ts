/** `strata sessions`: who is signed in at the window, and how to end that. */
import { exitCodes, UserError } from "../errors.ts";
import { sessionsView } from "../render/window.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const actions = ["list", "revoke"];

export const sessions = defineVerb({
  name: "sessions",
  aliases: [],
  group: "strata itself",
  summary: "List who is signed in at the window, or end that",
  about: [
    "A session is of the user who typed strata gui, and ends when its page leaves, after 12 hours without use, or with this host; an open page goes on when the daemon is started anew. revoke ends it now, with all that is open in it; --all takes back the addresses that nobody used yet, too.",
    "Terminals that are kept belong to their instances and outlive a session: strata attach --list tells which there are, and who is in.",
  ],
  arguments: [
    { name: "ACTION", about: "list (as without it) or revoke", required: false, many: false, choices: actions },
    { name: "ID", about: "of sessions, for revoke", required: false, many: true, completes: "session" },
  ],
  options: { all: flag("with revoke: every session") },
  examples: [
    { line: "strata sessions", about: "who, since when, and by which program" },
    { line: "strata sessions revoke 5f0c2a91", about: "that one" },
    { line: "strata sessions revoke --all", about: "everybody has to type strata gui again" },
  ],
  async run(context, { words: [action = "list", ...ids], options }) {
    if (action === "revoke") return revoke(context, ids, options);
    if (ids.length > 0 || options.all) throw unfit(options.all ? "--all" : ids[0]);
    const { sessions: found, refusals } = await context.api.call("window.sessions", {});
    if (found.length === 0) context.say("Nobody is signed in.");
    await context.show(sessionsView(found, refusals), options);
    if (refusals > 0)
      context.say(`refused     ${refusals} requests since the daemon started: strata events | grep access.refused`);
    return exitCodes.ok;
  },
});

async function revoke(context: Context, ids: readonly string[], options: Shape & { all: boolean }): Promise<number> {
  if (options.all === ids.length > 0)
    throw new UserError("argument-missing", "sessions revoke needs the ids of sessions, or --all", {
      exit: exitCodes.usage,
      hints: [["next", "strata sessions"]],
    });
  const asked = options.all ? [{ all: true } as const] : ids.map((session) => ({ session }));
  for (const one of asked) {
    for (const { id, user } of await context.api.call("window.revoke", one))
      context.say(`Revoked: session ${id} of ${user}`);
  }
  return exitCodes.ok;
}

const unfit = (word: string | undefined): UserError =>
  new UserError("argument-unwanted", `sessions list takes no "${word}"`, {
    exit: exitCodes.usage,
    hints: [["form", "strata sessions revoke ID..."]],
  });
