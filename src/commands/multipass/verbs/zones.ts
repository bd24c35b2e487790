/** `multipass zones`: the availability zones and whether they are there. */
import { formatOption, print } from "../shapes/format.ts";
import { zonesShapes } from "../shapes/zones.ts";
import { multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";
import { readZones } from "../zones.ts";

export const zones = defineMultipassVerb({
  name: "zones",
  aliases: [],
  summary: "List availability zones",
  about: "List the availability zones, and whether each of them is available.",
  syntax: "",
  arguments: [],
  options: formatOption,
  async run(context, { words, options }) {
    refuseWords(words);
    await print(context, zonesShapes(await readZones(context)), options.format);
    return multipassExit.ok;
  },
});
