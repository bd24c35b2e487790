/** `strata explain`: why an instance is as it is, and what to do next. */
import { explanationView } from "../render/explanation.ts";
import { defineVerb, instanceArgument } from "./command.ts";

export const explain = defineVerb({
  name: "explain",
  aliases: [],
  group: "history",
  summary: "Say why an instance is in its state, and what to do next",
  arguments: [instanceArgument],
  options: {},
  examples: [{ line: "strata explain web", about: "the stage that failed, and the next command" }],
  async run(context, { words: [instance = ""], options }) {
    await context.show(explanationView(await context.api.call("instance.explain", { instance })), options);
    return 0;
  },
});
