/** `multipass networks`: what instances of this machine can be joined to besides their own network. */
import { readInterfaces } from "../bridging.ts";
import { formatOption, print } from "../shapes/format.ts";
import { networksShapes } from "../shapes/networks.ts";
import { multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";

export const networks = defineMultipassVerb({
  name: "networks",
  aliases: [],
  summary: "List available network interfaces",
  about: "List the network interfaces of this machine that instances can be connected to with launch --network.",
  syntax: "",
  arguments: [],
  options: formatOption,
  async run(context, { words, options }) {
    refuseWords(words);
    const { usable } = await readInterfaces(context);
    await print(context, networksShapes(usable), options.format);
    return multipassExit.ok;
  },
});
