/** `strata purge`: ends deleted instances for good. */
import { changeAll, targets } from "./change.ts";
import { changingOptions, defineVerb } from "./command.ts";

export const purge = defineVerb({
  name: "purge",
  aliases: [],
  group: "instances",
  summary: "Empty the trash, for good",
  about: [
    "Without names, every deleted instance. Their disks are gone at once, and nothing brings them back; their history stays.",
  ],
  arguments: [
    {
      name: "INSTANCE",
      about: "names of deleted instances; without, all of them",
      required: false,
      many: true,
      completes: "deleted",
    },
  ],
  options: { ...changingOptions },
  examples: [
    { line: "strata purge", about: "all deleted instances" },
    { line: "strata purge web", about: "this one" },
  ],
  async run(context, { words, options }) {
    const names = await targets(
      context,
      "purge",
      words,
      { all: words.length === 0, filter: [] },
      ({ state }) => state === "Deleted",
    );
    return changeAll(context, names, {
      verb: "purge",
      done: "Purged",
      detach: options.detach,
      shape: options,
      remark: () => "(final)",
      send: (instance) =>
        context.api.call("instance.purge", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
        }),
    });
  },
});
