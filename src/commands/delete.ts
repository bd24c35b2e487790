/** `strata delete`: puts instances in the trash, or with --purge ends them for good. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, flag, instancesArgument } from "./command.ts";
import { trashRemark } from "./trash.ts";

export const remove = defineVerb({
  name: "delete",
  aliases: ["rm"],
  group: "instances",
  summary: "Put instances in the trash",
  about: [
    "A deleted instance is stopped and kept for some days; strata recover takes it out again. --purge is final: the disk is gone at once.",
  ],
  arguments: [instancesArgument],
  options: { ...allOption, purge: flag("for good, without the trash", "p"), ...changingOptions },
  examples: [
    { line: "strata delete web", about: "to the trash" },
    { line: "strata delete web --purge", about: "final" },
  ],
  async run(context, { words, options }) {
    const names = await targets(context, "delete", words, options, ({ state }) => state !== "Deleted");
    return changeAll(context, names, {
      verb: "delete",
      done: options.purge ? "Purged" : "Deleted",
      detach: options.detach,
      shape: options,
      remark: ({ instance }) => (options.purge ? "(final)" : trashRemark(instance, context.ageMs)),
      send: (instance) =>
        context.api.call("instance.delete", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          purge: options.purge,
        }),
    });
  },
});
