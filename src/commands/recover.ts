/** `strata recover`: takes instances out of the trash. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, instancesArgument } from "./command.ts";

export const recover = defineVerb({
  name: "recover",
  aliases: [],
  group: "instances",
  summary: "Take instances out of the trash",
  about: ["They come back stopped, as they were when they were deleted."],
  arguments: [{ ...instancesArgument, completes: "deleted" }],
  options: { ...allOption, ...changingOptions },
  examples: [{ line: "strata recover web", about: "then strata start web" }],
  async run(context, { words, options }) {
    const names = await targets(context, "recover", words, options, ({ state }) => state === "Deleted");
    return changeAll(context, names, {
      verb: "recover",
      done: "Recovered",
      detach: options.detach,
      shape: options,
      send: (instance) =>
        context.api.call("instance.recover", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
        }),
    });
  },
});
