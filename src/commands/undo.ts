/** `strata undo` and `strata redo`: the plan first, then the same thing done. */
import { exitCodes, UserError } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import type { UndoPlan } from "../model/point-view.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const options = {
  yes: flag("do not ask", "y"),
  "dry-run": flag("only say what would be done"),
  ...changingOptions,
};

export const undo = defineVerb({
  name: "undo",
  aliases: [],
  group: "history",
  summary: "Take back what you changed last",
  about: [
    "Without a number it is about your newest operation that changed something; exec, shell, start and stop are passed over. A second undo goes one further back. Any operation can be undone by its number, where nothing has changed the same since.",
    "Undoing is an operation of its own: history stays, and strata redo takes it back. What cannot be undone says so, changes nothing and names what helps: see strata help undo.",
  ],
  arguments: [
    { name: "OPERATION", about: "number of an operation", required: false, many: false, completes: "operation" },
  ],
  options,
  examples: [
    { line: "strata undo", about: "shows the plan and asks" },
    { line: "strata undo 7 --yes", about: "operation 7, without asking" },
  ],
  run: (context, { words: [word], options: given }) =>
    carryOut(context, { isRedo: false, ...(word !== undefined && { operation: parseNumber(word) }) }, given),
});

export const redo = defineVerb({
  name: "redo",
  aliases: [],
  group: "history",
  summary: "Do again what you undid last",
  about: ["Works until something else changes the same instance or setting."],
  arguments: [],
  options,
  examples: [{ line: "strata redo", about: "shows the plan and asks" }],
  run: (context, { options: given }) => carryOut(context, { isRedo: true }, given),
});

interface Given extends Shape {
  readonly yes: boolean;
  readonly "dry-run": boolean;
  readonly reason: string | undefined;
  readonly detach: boolean;
}

async function carryOut(
  context: Context,
  wanted: { isRedo: boolean; operation?: number },
  given: Given,
): Promise<number> {
  const plan = await context.api.call("undo.plan", wanted);
  for (const line of linesOf(context, plan)) context.say(line);
  if (given["dry-run"]) return exitCodes.ok;
  await context.confirm("Go on?", given.yes);
  const verb = plan.isRedo ? "redo" : "undo";
  return changeAll(context, [`operation ${plan.operation}`], {
    verb,
    done: plan.isRedo ? "Redone" : "Undone",
    detach: given.detach,
    shape: given,
    shown: `operation ${plan.operation}`,
    remark: () => (plan.isRedo ? undefined : "(strata redo takes it back)"),
    after: ({ point, instance }) =>
      point && instance ? [`kept        ${instance.name}@${point.name}: the state until now`] : [],
    send: () =>
      context.api.call("undo.run", {
        command: context.newCommand(),
        ...context.reason(given.reason),
        ...wanted,
        planned: plan.operation,
      }),
  });
}

/** `Undo operation 3, restore web@good (user, 40 s ago), 1 exec since:` and what would change. */
function linesOf({ ageMs }: Context, plan: UndoPlan): string[] {
  const { operation, what, who, at, since, isRedo } = plan;
  const passed = since.length === 0 ? "" : `, ${since.join(", ")} since`;
  const head = `${isRedo ? "Redo" : "Undo"} operation ${operation}, ${what} (${who}, ${formatDuration(ageMs(at))} ago)${passed}:`;
  return [head, ...plan.lines.map((line) => `  ${line}`)];
}

function parseNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UserError("operation-invalid", `"${text}" is not the number of an operation`, {
    exit: exitCodes.usage,
    hints: [["next", "strata history"]],
  });
}
