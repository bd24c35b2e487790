/** `strata info`: everything about instances that the daemon knows by itself. */
import { infoView } from "../render/info.ts";
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
  options: {},
  examples: [
    { line: "strata info web", about: "one" },
    { line: "strata info web --json", about: "for a program; the keys that Multipass has, and more" },
  ],
  async run(context, { words, options }) {
    const instances =
      words.length === 0
        ? await context.api.call("instance.list", {})
        : await context.api.call("instance.info", { instances: [...words] });
    if (instances.length === 0) context.say("No instances. A new one: strata launch");
    await context.show(infoView(instances), options);
    return 0;
  },
});
