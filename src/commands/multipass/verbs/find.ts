/** `multipass find`: images that can be launched. */
import { UserError } from "../../../errors.ts";
import { splitImage } from "../../../model/image-name.ts";
import type { FoundImages } from "../../../model/view.ts";
import { flag } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { remoteUnknown } from "../launch/failure.ts";
import { findShapes } from "../shapes/find.ts";
import { formatOption, print } from "../shapes/format.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

interface Search {
  /** Empty: all that there are. */
  readonly remote: string;
  /** Empty: every image. */
  readonly text: string;
  readonly isForced: boolean;
  /** Those that are not looked after any more as well. */
  readonly isAll: boolean;
}

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
    await print(context, findShapes(await searchImages(context, search)), options.format);
    return multipassExit.ok;
  },
});

function readSearch(word: string): ReturnType<typeof splitImage> {
  if (/:.*:/.test(word)) throw lineError("Invalid remote and search string supplied");
  return splitImage(word);
}

async function searchImages(context: MultipassContext, search: Search): Promise<FoundImages["offers"]> {
  const { remote, text, isForced, isAll } = search;
  const found = await ask(context, remote, isForced);
  const isAway = remote !== "" && found.offers.length === 0 && found.hosts.some(({ failure }) => failure);
  if (isAway) throw failed("find", remoteUnknown(remote));
  if (remote === "") tellFailures(context, found);
  const wanted = found.offers.filter(({ isSupported }) => isSupported || isAll);
  if (text === "") return wanted;
  const fitting = wanted.filter((offer) => isMeant(offer, text));
  // The first remote that has it answers; a named one is the only one.
  return fitting.filter(({ host }) => host === fitting[0]?.host);
}

async function ask({ api, outside }: MultipassContext, remote: string, force: boolean): Promise<FoundImages> {
  try {
    return await api.call("image.find", {
      text: "",
      ...(remote !== "" && { host: remote }),
      force,
      outside: await outside(),
    });
  } catch (error) {
    if (error instanceof UserError && error.code === "image-host-unknown") throw failed("find", remoteUnknown(remote));
    throw error;
  }
}

/** By a whole name, or by the start of its hash. */
const isMeant = ({ names, digest = "" }: FoundImages["offers"][number], text: string): boolean =>
  names.includes(text) || (digest.split(":")[1] ?? "").startsWith(text.toLowerCase());

/** What could not be asked is missing in the answer. */
function tellFailures({ say }: MultipassContext, { hosts }: FoundImages): void {
  for (const message of new Set(hosts.flatMap(({ failure }) => failure?.message ?? []))) say(`warning: ${message}`);
}
