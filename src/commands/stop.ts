/** `strata stop`: shuts instances down, or takes their power. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, flag, instancesArgument } from "./command.ts";
import { madeByTheWay, missedByTheWay } from "./points.ts";

export const stop = defineVerb({
  name: "stop",
  aliases: [],
  group: "instances",
  summary: "Stop running instances",
  about: [
    "The guest is asked to shut down; what its disk is then becomes an automatic point, if it has changed. With --force its power is taken at once, and what it has not written is lost.",
  ],
  arguments: [{ ...instancesArgument, completes: "running" }],
  options: { ...allOption, force: flag("take the power, ask nothing"), ...changingOptions },
  examples: [
    { line: "strata stop web", about: "in order" },
    { line: "strata stop --all", about: "every running one" },
    { line: "strata stop --filter label=use=demo", about: "every running one with that label" },
  ],
  async run(context, { words, options }) {
    const names = await targets(
      context,
      "stop",
      words,
      options,
      ({ power }) => power !== "off" && power !== "crashed" && power !== "suspended",
    );
    return changeAll(context, names, {
      verb: "stop",
      done: "Stopped",
      detach: options.detach,
      shape: options,
      details: madeByTheWay,
      after: missedByTheWay,
      send: (instance) =>
        context.api.call("instance.stop", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          force: options.force,
        }),
    });
  },
});
