/** `strata delete`: puts instances in the trash, or with --purge ends them for good. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, flag, instancesArgument } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { madeByTheWay, missedByTheWay, pointAddress, wordFor } from "./points.ts";
import { trashRemark } from "./trash.ts";

export const remove = defineVerb({
  name: "delete",
  aliases: ["rm"],
  group: "instances",
  summary: "Put instances in the trash, or drop points",
  about: [
    "A deleted instance is stopped and kept for some days; strata recover takes it out again. --purge is final: the disk is gone at once.",
  ],
  arguments: [{ ...instancesArgument, about: "names of instances or points (web@good), or --all" }],
  options: { ...allOption, purge: flag("for good, without the trash", "p"), ...changingOptions },
  examples: [
    { line: "strata delete web", about: "to the trash" },
    { line: "strata delete web --purge", about: "final" },
    { line: "strata delete web@good", about: "a snapshot or branch; every other point stays" },
  ],
  async run(context, { words, options }) {
    if (words.some((word) => /[@.]/.test(word))) return dropPoints(context, words, options);
    const names = await targets(context, "delete", words, options, ({ state }) => state !== "Deleted");
    return changeAll(context, names, {
      verb: "delete",
      done: options.purge ? "Purged" : "Deleted",
      detach: options.detach,
      shape: options,
      details: madeByTheWay,
      after: missedByTheWay,
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

/** Points have no trash: what only they need is gone, what others stand on stays. */
function dropPoints(
  context: Context,
  words: readonly string[],
  options: Shape & { readonly reason: string | undefined },
): Promise<number> {
  const addresses = new Map(words.map((word) => [word, pointAddress(word, "delete")]));
  return changeAll(context, [...addresses.keys()], {
    verb: "delete",
    done: "Deleted",
    detach: false,
    shape: options,
    shown: (word) => word,
    send: (word) => {
      const { instance = "", point = "" } = addresses.get(word) ?? {};
      const request = { command: context.newCommand(), ...context.reason(options.reason), instance };
      return context.api.call("point.delete", { ...request, point: wordFor(context, point) });
    },
  });
}
