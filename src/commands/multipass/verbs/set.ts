/** `multipass set`: one setting, its value on the line or typed. */
import type { MultipassContext } from "../context.ts";
import { answered, askNewPassphrase } from "../passphrase.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

const passphraseKey = "local.passphrase";

export const set = defineMultipassVerb({
  name: "set",
  aliases: [],
  summary: "Change a setting",
  about:
    "Give a setting a value. Those of an instance (local.<name>.cpus, memory, disk and bridged) can be changed while it is stopped.",
  syntax: "<key>[=<value>]",
  arguments: [
    {
      name: "keyval",
      about: "The setting and its value. Without the value, you are asked for it.",
      completes: "assignment",
    },
  ],
  options: {},
  async run(context, { words }) {
    const [word] = words;
    if (word === undefined || words.length > 1)
      throw lineError("Need exactly one key-value pair (in <key>=<value> form).");
    const [key = "", given, ...more] = word.split("=");
    if (key === "" || more.length > 0) throw lineError("Bad key-value format.");
    const value = given ?? (await typed(context, key));
    const { writeSetting } = await import("../settings/settings.ts");
    await writeSetting(context, { key, value });
    return multipassExit.ok;
  },
});

async function typed(context: MultipassContext, key: string): Promise<string> {
  return key === passphraseKey ? askNewPassphrase(context) : answered(await context.ask(`${key}: `));
}
