/** `strata gui`: opens the window, the daemon's page, in a browser. */
import type { Output as Answer } from "../api/contract.ts";
import { exitCodes, UserError } from "../errors.ts";
import { addressView } from "../render/window.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context, Opening, Shape } from "./context.ts";

/** How often it is looked whether the page has signed in. */
const pollMs = 200;

export const gui = defineVerb({
  name: "gui",
  aliases: [],
  group: "strata itself",
  summary: "Open strata's window in a browser",
  about: [
    "The daemon serves it to this machine alone, at a port that it opens for that and closes when nobody is signed in any more. The address signs in once, within a minute, as whoever typed the command.",
    "--print is for a machine without a browser. ssh -L PORT:127.0.0.1:PORT HOST, with the port of the address, leads to it from another one. strata sessions tells who is signed in.",
  ],
  arguments: [],
  options: { print: flag("print the address instead of opening it") },
  examples: [
    { line: "strata gui", about: "opens it" },
    { line: "strata gui --print", about: "the address alone" },
  ],
  async run(context, { options }) {
    const opened = await context.api.call("window.open", {});
    if (options.print) return print(context, opened, options);
    const opening = await context.openPage(opened.url);
    if (opening === undefined || typeof opening === "string") {
      context.say(`no browser  ${opening ?? "nothing here opens one"}; this address signs in once, within a minute`);
      return print(context, opened, options);
    }
    return await follow(context, opened, opening, options);
  },
});

type Opened = Answer<"window.open">;

async function print(context: Context, opened: Opened, shape: Shape): Promise<number> {
  await context.show(addressView(opened), shape);
  return exitCodes.ok;
}

/** Waits until the page has signed in: what leads to it is of no use any more, and is taken away. */
async function follow(context: Context, opened: Opened, opening: Opening, shape: Shape): Promise<number> {
  let isInterrupted = false;
  const unwatch = context.onInterrupt(() => (isInterrupted = true));
  try {
    while (!isInterrupted && context.ageMs(opened.expires) < 0) {
      const { sessions } = await context.api.call("window.sessions", {});
      if (sessions.some(({ id }) => id === opened.session)) {
        context.say(
          `Opened: the window, session ${opened.session}   (strata sessions revoke ${opened.session} ends it)`,
        );
        return exitCodes.ok;
      }
      const code = opening.exitCode();
      if (code !== undefined && code !== 0) {
        context.say(`no browser  ${opening.program} ended with ${code}; this address signs in once, within a minute`);
        return await print(context, opened, shape);
      }
      await context.clock.sleep(pollMs);
    }
  } finally {
    unwatch();
    opening.close();
  }
  if (isInterrupted) return exitCodes.interrupted;
  throw new UserError("window-unused", `${opening.program} was started, and no page signed in within a minute`, {
    hints: [["next", "strata gui --print"]],
  });
}
