/** `strata info`: everything about instances that the daemon knows by itself. */
import { infoView } from "../render/info.ts";
import { atOption, instancesOf, sayAsOf } from "./at.ts";
import { defineVerb } from "./command.ts";

export const info = defineVerb({
  name: "info",
  aliases: ["inspect"],
  group: "instances",
  summary: "Show instances in full",
  arguments: [
    {
      name: "INSTANCE",
      about: "names of instances; without, all of them",
      required: false,
      many: true,
      completes: "instance",
    },
  ],
  options: { ...atOption },
  examples: [
    { line: "strata info web", about: "one" },
    { line: "strata info web --at 7", about: "as it was right after operation 7" },
    { line: "strata info web --json", about: "for a program; the keys that Multipass has, and more" },
  ],
  async run(context, { words, options }) {
    const { asOf, instances } = await instancesOf(context, options.at, words);
    if (asOf) sayAsOf(context, asOf);
    if (instances.length === 0) context.say(asOf ? "No instances then." : "No instances. A new one: strata launch");
    await context.show(infoView(instances, asOf), options);
    return 0;
  },
});
