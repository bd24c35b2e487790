/** `strata show`: the full record of one operation. */
import { showView } from "../render/show.ts";
import { defineVerb } from "./command.ts";

export const show = defineVerb({
  name: "show",
  aliases: [],
  group: "history",
  summary: "Show one operation in full",
  arguments: [
    {
      name: "OPERATION",
      about: "its number (strata history) or its id",
      required: true,
      many: false,
      completes: "operation",
    },
  ],
  options: {},
  examples: [{ line: "strata show 7", about: "request, reason, changes and events of operation 7" }],
  async run(context, { words: [operation = ""], options }) {
    await context.show(showView(await context.api.call("operation.show", { operation })), options);
    return 0;
  },
});
