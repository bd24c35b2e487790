/** `strata suspend`: saves the memory of running instances and powers them off. */
import { formatSize } from "../model/size.ts";
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, instancesArgument } from "./command.ts";

export const suspend = defineVerb({
  name: "suspend",
  aliases: [],
  group: "instances",
  summary: "Save the memory of running instances and power them off",
  about: [
    "strata start goes on from there: no boot, every program as it was, the clock set to now. Connections to the outside are gone by then, as after a long night.",
  ],
  arguments: [{ ...instancesArgument, completes: "running" }],
  options: { ...allOption, ...changingOptions },
  examples: [
    { line: "strata suspend web", about: "then strata start web" },
    { line: "strata suspend --all", about: "every running one" },
  ],
  async run(context, { words, options }) {
    const names = await targets(context, "suspend", words, options, ({ state }) => state === "Running");
    return changeAll(context, names, {
      verb: "suspend",
      done: "Suspended",
      detach: options.detach,
      shape: options,
      remark: ({ instance }) => instance?.suspended && `(${formatSize(instance.suspended.bytes)} of memory saved)`,
      send: (instance) =>
        context.api.call("instance.suspend", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
        }),
    });
  },
});
