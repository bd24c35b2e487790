/** `strata start`: boots stopped instances. */
import { changeAll, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, instancesArgument, value } from "./command.ts";
import { degradedLines } from "./mount-words.ts";
import { parseTimeout } from "./timeout.ts";

export const start = defineVerb({
  name: "start",
  aliases: [],
  group: "instances",
  summary: "Start stopped instances",
  about: ["It is done when the guest answers over SSH. Several start at the same time."],
  arguments: [{ ...instancesArgument, completes: "stopped" }],
  options: {
    ...allOption,
    timeout: value("TIME", "give up after this long, for example 90s", parseTimeout),
    ...changingOptions,
  },
  examples: [
    { line: "strata start web db", about: "two at once" },
    { line: "strata start --all", about: "every stopped one" },
  ],
  exits: [[5, "the time of --timeout passed"]],
  async run(context, { words, options }) {
    const names = await targets(
      context,
      "start",
      words,
      options,
      ({ state }) => state === "Stopped" || state === "Crashed" || state === "Suspended",
    );
    const timeout = options.timeout === undefined ? {} : { timeoutMs: options.timeout };
    return changeAll(context, names, {
      verb: "start",
      done: "Started",
      detach: options.detach,
      shape: options,
      after: degradedLines,
      send: (instance) =>
        context.api.call("instance.start", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          ...timeout,
        }),
    });
  },
});
