/** `multipass launch`: a new instance of an image by name, address or file. */
import { text } from "../../command.ts";
import { perform } from "../perform.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { timeoutMs, timeoutOption } from "../waiting.ts";

export const launch = defineMultipassVerb({
  name: "launch",
  aliases: [],
  summary: "Create and start an instance",
  about: "Create an instance and start it; it is there when its guest answers and has set itself up.",
  syntax: "[[<remote:>]<image> | <url>]",
  arguments: [
    { name: "image", about: "An image by its name, by an address, or by the start of its hash.", completes: "image" },
  ],
  options: { name: text("name", "Name of the instance. Without it, one is made up.", "n"), ...timeoutOption },
  async run(context, { words, options: { name, timeout } }) {
    if (words.length > 1) throw lineError("Too many arguments supplied");
    const [image] = words;
    const command = context.newCommand();
    const outside = await context.outside();
    const { ended } = await perform(context, {
      what: `launch ${name ?? ""}`,
      says: `Creating ${name ?? "instance"}`,
      timeoutText: "Timed out waiting for instance launch.",
      abandon: () => context.api.call("instance.abandon", { command }),
      send: () =>
        context.api.call("instance.launch", {
          command,
          outside,
          ...(image !== undefined && { image: { name: image } }),
          ...(name !== undefined && { name }),
          ...timeoutMs(timeout),
        }),
    });
    context.stdout.write(`Launched: ${ended?.instance?.name ?? name ?? ""}\n`);
    return multipassExit.ok;
  },
});
