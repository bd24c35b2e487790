/** `strata set`: changes one setting of the daemon, of an instance or of this client. */
import { UserError, exitCodes } from "../errors.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";
import { confirmBridges } from "./launch-networks.ts";
import { bridgedWord } from "../model/network-word.ts";
import { madeByTheWay, missedByTheWay } from "./points.ts";

/** Keys of the client's own settings; all others are the daemon's. */
export const clientPrefix = "client.";

/** It may take a new bridge. */
const isBridging = /^local\.[^.]+\.bridged=true$/;
/** Its value is a path of ours too: nothing secret stands in a command line. */
const passphraseSetting = "passphrase";
/** Its value is a path of ours: the keys go to the daemon, which keeps them and records their fingerprints. */
const keyringSetting = "images.keyring";

export const set = defineVerb({
  name: "set",
  aliases: [],
  group: "images and settings",
  summary: "Change a setting",
  arguments: [
    {
      name: "KEY=VALUE",
      about: "a setting (strata get) and its new value",
      required: true,
      many: false,
      completes: "assignment",
    },
  ],
  about: [
    "An instance has local.NAME.cpus and local.NAME.memory (while it is off), local.NAME.disk (grows, also while it runs) and local.NAME.autostart (yes, no or last). local.NAME.allow-net says where it may speak to (all, none, or hosts), at once; local.NAME.bridged=true gives it a card on the network that networks.bridged names, while it is off. local.NAME.label.KEY is a label; an empty value takes it away. Its points have local.NAME.POINT.name and local.NAME.POINT.comment.",
  ],
  options: { yes: flag("do not ask before a bridge is made", "y"), ...changingOptions },
  examples: [
    { line: "strata set local.web.memory=2G", about: "from the next start of web on" },
    { line: "strata set local.web.disk=20G", about: "at once" },
    { line: "strata set local.web.label.use=demo", about: "then strata list --filter label=use=demo" },
    { line: "strata set local.web.snapshot1.name=good", about: "web@good from then on" },
    { line: "strata set client.primary-name=web", about: "what shell means without a name" },
  ],
  instead: ([key, value]) => (value === undefined ? undefined : ["set", `${key}=${value}`]),
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
    if (key === keyringSetting && value !== "")
      return trust(context, value, { command: context.newCommand(), ...context.reason(options.reason) });
    const passphrase = key === passphraseSetting && value !== "" ? await context.passphrase(value) : undefined;
    const makesBridges =
      isBridging.test(assignment) && (await confirmBridges(context, [{ name: bridgedWord }], options.yes));
    return changeAll(context, [key], {
      verb: "set",
      done: "Set",
      detach: options.detach,
      shape: options,
      shown: `${key}=${value}`,
      details: madeByTheWay,
      after: missedByTheWay,
      send: () => {
        const asked = { command: context.newCommand(), ...context.reason(options.reason) };
        return passphrase === undefined
          ? context.api.call("settings.set", { ...asked, key, value, ...(makesBridges && { makesBridges }) })
          : context.api.call("passphrase.set", { ...asked, passphrase });
      },
    });
  },
});

async function trust(context: Context, path: string, asked: { command: string; reason?: string }): Promise<number> {
  const keyring = await context.images.keyring(path);
  const { fingerprints, operation } = await context.api.call("image.trust", { ...asked, keyring });
  for (const fingerprint of fingerprints) context.say(`Trusted: ${fingerprint}`);
  context.say(operation ? `Set: ${keyringSetting}   operation ${operation.number}` : `${keyringSetting} is so already`);
  return exitCodes.ok;
}
