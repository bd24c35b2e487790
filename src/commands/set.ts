/** `strata set`: changes one setting of the daemon or of this client. */
import { UserError, exitCodes } from "../errors.ts";
import { defineVerb, text } from "./command.ts";

/** Keys of the client's own settings; all others are the daemon's. */
export const clientPrefix = "client.";

export const set = defineVerb({
  name: "set",
  aliases: [],
  group: "images and settings",
  summary: "Change a setting",
  arguments: [{ name: "KEY=VALUE", about: "a setting (strata get) and its new value", required: true, many: false }],
  options: { reason: text("TEXT", "why; kept in the event (or STRATA_REASON)") },
  examples: [{ line: "strata set client.primary-name=web", about: "what shell means without a name" }],
  async run(context, { words: [assignment = ""], options }) {
    const at = assignment.indexOf("=");
    if (at <= 0)
      throw new UserError("setting-invalid", `"${assignment}" is not of the form KEY=VALUE`, {
        exit: exitCodes.usage,
        hints: [["next", "strata get"]],
      });
    const [key, value] = [assignment.slice(0, at), assignment.slice(at + 1)];
    if (key.startsWith(clientPrefix)) {
      context.settings.set(key, value);
      context.say(`Set: ${key}=${value}`);
      return exitCodes.ok;
    }
    const { operation } = await context.api.call("settings.set", {
      command: context.newCommand(),
      ...context.reason(options.reason),
      key,
      value,
    });
    context.say(operation ? `Set: ${key}=${value}   operation ${operation.number}` : `${key} is "${value}" already`);
    return exitCodes.ok;
  },
});
