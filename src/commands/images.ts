/** `strata images`: what launch can make instances of. */
import { imagesView } from "../render/images.ts";
import { defineVerb } from "./command.ts";

export const images = defineVerb({
  name: "images",
  aliases: [],
  group: "images and settings",
  summary: "List images",
  about: ["Images that the daemon keeps, and those in the folder images beside the program."],
  arguments: [],
  options: {},
  examples: [{ line: "strata images", about: "names for strata launch" }],
  async run(context, { options }) {
    const found = await context.api.call("image.list", {});
    if (found.length === 0) context.say("No images. One from a file: strata launch ./disk.qcow2");
    await context.show(imagesView(found), options);
    return 0;
  },
});
