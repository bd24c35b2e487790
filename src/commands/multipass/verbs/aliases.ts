/** `multipass aliases`: what stands for what. */
import { aliasShapes } from "../shapes/aliases.ts";
import { formatOption, print } from "../shapes/format.ts";
import { multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";

export const aliases = defineMultipassVerb({
  name: "aliases",
  aliases: [],
  summary: "List aliases",
  about: "List the aliases of all contexts; the current context is marked with an asterisk.",
  syntax: "",
  arguments: [],
  options: formatOption,
  async run(context, { words, options }) {
    refuseWords(words);
    await print(context, aliasShapes(context.aliases.read()), options.format);
    return multipassExit.ok;
  },
});
