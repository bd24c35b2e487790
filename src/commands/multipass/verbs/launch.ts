/** `multipass launch`: a new instance of an image by name, address or file. */
import { launchOptions } from "../launch/options.ts";
import { lineError } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const launch = defineMultipassVerb({
  name: "launch",
  aliases: [],
  summary: "Create and start an instance",
  about: "Create an instance and start it; it is there when its guest answers and has set itself up.",
  syntax: "[[<remote:>]<image> | <url>]",
  arguments: [
    {
      name: "image",
      about:
        "The image to make it of; without one, the newest long-term release of Ubuntu.\n<remote> is where to look for it: 'release' or 'daily'.\n<image> is a version, a code name, another name that the command find shows, or the start of its hash.\n<url> is an image's address, with http://, https:// or file://.",
      completes: "image",
    },
  ],
  options: launchOptions,
  async run(context, { words, options }) {
    if (words.length > 1) throw lineError("Too many arguments supplied");
    const { launchInstance } = await import("../launch/launch.ts");
    return launchInstance(context, words[0], options);
  },
});
