/** `multipass get`: one setting, or every key. */
import { flag } from "../../command.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const get = defineMultipassVerb({
  name: "get",
  aliases: [],
  summary: "Show a setting",
  about:
    "Show the value of one setting. Those of an instance are local.<name>.cpus, memory, disk and bridged; of a snapshot, local.<name>.<snapshot>.name and comment.",
  syntax: "[<key>]",
  arguments: [{ name: "key", about: "The setting to show.", completes: "setting" }],
  options: {
    raw: flag("An empty value as an empty line, instead of <empty>"),
    keys: flag("List every key, or the one that is given when there is such a one"),
  },
  async run(context, { words, options: { raw, keys } }) {
    const { stdout } = context;
    if (words.length > 1) throw lineError("Need at most one setting key.");
    const { namedKeys, readSetting } = await import("../settings/settings.ts");
    const [key] = words;
    if (keys) {
      for (const each of await namedKeys(context, key)) stdout.write(`${each}\n`);
      return multipassExit.ok;
    }
    if (key === undefined)
      throw lineError(
        "Multiple settings not implemented yet. Please try again with one setting key or just the `--keys` option for now.",
      );
    const value = await readSetting(context, key);
    stdout.write(`${value === "" && !raw ? "<empty>" : value}\n`);
    return multipassExit.ok;
  },
});
