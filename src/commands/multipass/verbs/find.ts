/** `multipass find`: images that can be launched. */
import { splitImage } from "../../../model/image-name.ts";
import { flag } from "../../command.ts";
import { formatOption, print } from "../shapes/format.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const find = defineMultipassVerb({
  name: "find",
  aliases: [],
  summary: "List images to create instances from",
  about:
    "List the images that instances can be created from: those of a name, or without one all that are still looked after.",
  syntax: "[<remote:>][<string>]",
  arguments: [
    {
      name: "string",
      about:
        "A name of an image, or the start of its hash; behind a remote ('release' or 'daily') and a colon, it is looked for there alone.",
      completes: "image",
    },
  ],
  options: {
    "show-unsupported": flag("Images that are not looked after any more as well"),
    "force-update": flag("Ask the remotes now, however young what is known of them is"),
    ...formatOption,
  },
  async run(context, { words, options }) {
    if (words.length > 1) throw lineError("Wrong number of arguments");
    const { host: remote = "", name: text } = readSearch(words[0] ?? "");
    const search = { remote, text, isForced: options["force-update"], isAll: options["show-unsupported"] };
    const [{ searchImages }, { findShapes }] = await Promise.all([
      import("../searching.ts"),
      import("../shapes/find.ts"),
    ]);
    await print(context, findShapes(await searchImages(context, search)), options.format);
    return multipassExit.ok;
  },
});

function readSearch(word: string): ReturnType<typeof splitImage> {
  if (/:.*:/.test(word)) throw lineError("Invalid remote and search string supplied");
  return splitImage(word);
}
