/** `strata restart`: stops and starts running instances as one operation. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, flag, instancesArgument, value } from "./command.ts";
import { degradedLines } from "./mount-words.ts";
import { madeByTheWay, missedByTheWay } from "./points.ts";
import { parseTimeout } from "./timeout.ts";

export const restart = defineVerb({
  name: "restart",
  aliases: [],
  group: "instances",
  summary: "Restart running instances",
  arguments: [{ ...instancesArgument, completes: "running" }],
  options: {
    ...allOption,
    force: flag("take the power instead of asking the guest to shut down"),
    timeout: value("TIME", "give up after this long, for example 90s", parseTimeout),
    ...changingOptions,
  },
  examples: [{ line: "strata restart web", about: "one operation: stop, then start" }],
  exits: [[5, "the time of --timeout passed"]],
  async run(context, { words, options }) {
    const names = await targets(context, "restart", words, options, ({ state }) => state === "Running");
    const timeout = options.timeout === undefined ? {} : { timeoutMs: options.timeout };
    return changeAll(context, names, {
      verb: "restart",
      done: "Restarted",
      detach: options.detach,
      shape: options,
      details: madeByTheWay,
      after: (ended) => [...missedByTheWay(ended), ...degradedLines(ended)],
      send: (instance) =>
        context.api.call("instance.restart", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          force: options.force,
          ...timeout,
        }),
    });
  },
});
