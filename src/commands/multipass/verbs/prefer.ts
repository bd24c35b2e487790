/** `multipass prefer`: which context of aliases is the current one. */
import { isFileName, preferring } from "../alias-rules.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const prefer = defineMultipassVerb({
  name: "prefer",
  aliases: [],
  summary: "Choose the current context of aliases",
  about: "Make a context of aliases the current one. One that is not there yet begins empty.",
  syntax: "<name>",
  arguments: [{ name: "name", about: "The context" }],
  options: {},
  async run({ aliases }, { words }) {
    const [name] = words;
    if (name === undefined) throw lineError("The prefer command needs an argument");
    if (words.length > 1) throw lineError("Wrong number of arguments given");
    // It becomes a part of the scripts' names.
    if (!isFileName(name)) throw lineError("Context has to be a valid filename");
    aliases.write(preferring(aliases.read(), name));
    return multipassExit.ok;
  },
});
