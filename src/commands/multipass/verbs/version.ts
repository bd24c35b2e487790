/** `multipass version`: of this program, and of the daemon where one runs; none is started for it. */
import { formatOption, print } from "../shapes/format.ts";
import { versionShapes } from "../shapes/version.ts";
import { multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";

export const version = defineMultipassVerb({
  name: "version",
  aliases: [],
  summary: "Show versions",
  about: "Show the version of this program and of the daemon.",
  syntax: "",
  arguments: [],
  options: formatOption,
  async run(context, { words, options }) {
    refuseWords(words);
    const daemon = await context.api.probe().catch(() => undefined);
    print(context, versionShapes(context.version, daemon?.version), options.format);
    return multipassExit.ok;
  },
});
