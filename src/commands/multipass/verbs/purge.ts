/** `multipass purge`: every deleted instance ends for good. */
import { performEach } from "../perform.ts";
import { forgetAliases } from "../purging.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";

export const purge = defineMultipassVerb({
  name: "purge",
  aliases: [],
  summary: "Purge all deleted instances for good",
  about: "Purge every deleted instance with all its data. Nothing brings them back.",
  syntax: "",
  arguments: [],
  options: {},
  async run(context, { words }) {
    refuseWords(words);
    const known = await context.api.call("instance.list", {});
    const items = known.filter(({ state }) => state === "Deleted").map(({ name }) => name);
    const code = await performEach(context, { verb: "purge", items }, (instance) => ({
      what: `purge ${instance}`,
      send: () => context.api.call("instance.purge", { command: context.newCommand(), instance }),
    }));
    forgetAliases(context, items);
    return code;
  },
});
