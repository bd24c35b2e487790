/** `strata cancel`: stops an operation that is under way, wherever it was started. */
import { exitCodes } from "../errors.ts";
import { changingOptions, defineVerb } from "./command.ts";
import { follow, watchInterrupts } from "./follow.ts";

export const cancel = defineVerb({
  name: "cancel",
  aliases: [],
  group: "history",
  summary: "Stop an operation that is under way",
  about: ["It undoes what it can: a cancelled launch leaves no instance. What is true afterwards is told."],
  arguments: [
    {
      name: "OPERATION",
      about: "its number (strata history) or its id",
      required: true,
      many: false,
      completes: "pending-operation",
    },
  ],
  options: { reason: changingOptions.reason },
  examples: [{ line: "strata cancel 7", about: "operation 7" }],
  async run(context, { words: [wanted = ""], options }) {
    const { operation } = await context.api.call("operation.cancel", {
      command: context.newCommand(),
      ...context.reason(options.reason),
      operation: wanted,
    });
    const report = context.progress();
    const interruption = watchInterrupts(context);
    try {
      const { ended } = await follow(context, operation, report, interruption);
      const state = ended?.instance ? `   ${ended.instance.name} is ${ended.instance.state.toLowerCase()}` : "";
      const isCancelled = ended?.result === "cancelled";
      report.say(
        isCancelled
          ? `Cancelled: operation ${operation.number}${state}`
          : `Operation ${operation.number} had come to its end: ${ended?.result ?? "unknown"}${state}`,
      );
      return isCancelled ? exitCodes.ok : exitCodes.failed;
    } finally {
      report.close();
      interruption.stop();
    }
  },
});
