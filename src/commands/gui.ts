/** `strata gui`: opens the window, the daemon's page, in a browser. */
import { exitCodes } from "../errors.ts";
import { defineVerb, flag } from "./command.ts";

export const gui = defineVerb({
  name: "gui",
  aliases: [],
  group: "strata itself",
  summary: "Open strata's window in a browser",
  about: [
    "The daemon serves it on this machine alone, at a port that it opens for that and closes when nobody is signed in any more. The address signs in once, within a minute, as whoever typed the command.",
    "On a machine without a browser --print gives the address; ssh -L PORT:127.0.0.1:PORT HOST, with the port in it, leads to it from another one. strata sessions tells who is signed in.",
  ],
  arguments: [],
  options: { print: flag("print the address instead of opening it") },
  examples: [
    { line: "strata gui", about: "opens it" },
    { line: "strata gui --print", about: "for a machine without a browser" },
  ],
  async run(context) {
    const { url } = await context.api.call("window.open", {});
    context.stdout.write(`${url}\n`);
    return exitCodes.ok;
  },
});
