/** `strata rollback`: everything managed back to how it was. */
import { exitCodes, UserError } from "../errors.ts";
import { atOption, placeOf, sayAsOf } from "./at.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag } from "./command.ts";

export const rollback = defineVerb({
  name: "rollback",
  aliases: [],
  group: "history",
  summary: "Bring everything back to how it was",
  about: [
    "Names, keys, settings and the trash become those of then, and each disk that may have changed goes back to its newest point from before; a disk without such a point stays, and the plan says so. Every present is kept as a branch. The plan comes first; the whole can be undone.",
  ],
  arguments: [],
  options: {
    to: { ...atOption.at, about: "after an operation (7), so long ago (2h), or a time (14:05)" },
    yes: flag("do not ask", "y"),
    "dry-run": flag("only say what would be done"),
    ...changingOptions,
  },
  examples: [
    { line: "strata rollback --to 7 --dry-run", about: "what would be done" },
    { line: "strata rollback --to 2h", about: "shows the plan and asks" },
  ],
  async run(context, { options }) {
    if (options.to === undefined) {
      throw new UserError("point-missing", "rollback needs the point to go back to", {
        exit: exitCodes.usage,
        hints: [
          ["form", "strata rollback --to 7, --to 2h or --to 14:05"],
          ["next", "strata history"],
        ],
      });
    }
    const at = placeOf(options.to, context);
    const plan = await context.api.call("rollback.plan", { at });
    sayAsOf(context, plan.asOf);
    for (const line of plan.lines) context.say(`  ${line}`);
    for (const line of plan.remains) context.say(`  stays: ${line}`);
    if (plan.lines.length === 0) context.say("Nothing is different.");
    if (options["dry-run"] || plan.lines.length === 0) return exitCodes.ok;
    await context.confirm("Go on?", options.yes);
    return changeAll(context, ["everything"], {
      verb: "rollback",
      done: "Rolled back",
      detach: options.detach,
      shape: options,
      shown: "everything",
      remark: () => "(strata undo takes it back)",
      send: () =>
        context.api.call("rollback.run", { command: context.newCommand(), ...context.reason(options.reason), at }),
    });
  },
});
