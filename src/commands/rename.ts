/** `strata rename`: gives an instance another name. */
import { parseName } from "../model/name.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, instanceArgument } from "./command.ts";

export const rename = defineVerb({
  name: "rename",
  aliases: ["mv"],
  group: "instances",
  summary: "Give an instance another name",
  about: ["Its history, disk and address stay. The host name inside changes at the next start."],
  arguments: [instanceArgument, { name: "NAME", about: "its new name", required: true, many: false }],
  options: { reason: changingOptions.reason },
  examples: [{ line: "strata rename web shop", about: "web is shop from now on" }],
  async run(context, { words: [instance = "", name = ""], options }) {
    const wanted = parseName(name);
    return changeAll(context, [instance], {
      verb: "rename",
      done: "Renamed",
      detach: false,
      shape: options,
      shown: `${instance} to ${wanted}`,
      send: () =>
        context.api.call("instance.rename", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          name: wanted,
        }),
    });
  },
});
