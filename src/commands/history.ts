/** `strata history`: what was done, by whom, when and why. */
import { UserError, exitCodes } from "../errors.ts";
import { historyView } from "../render/history.ts";
import { defineVerb, flag, text, value } from "./command.ts";
import type { Context } from "./context.ts";

const limitDefault = 50;
const limitMax = 10_000;

export const history = defineVerb({
  name: "history",
  aliases: [],
  group: "history",
  summary: "List what was done",
  about: [
    "A line per operation, the newest first; uses of exec and shell in between are counted together. The reason, where one was given, stands under its line.",
  ],
  arguments: [
    {
      name: "INSTANCE",
      about: "name of an instance; without, everything",
      required: false,
      many: false,
      completes: "instance",
    },
  ],
  options: {
    since: text("TIME", "from then on: 14:05, 2026-11-20T14:05, or an age such as 2h"),
    until: text("TIME", "up to then"),
    actor: text("WHO", "done by this user"),
    type: text("KIND", "of this kind, for example launch"),
    limit: value("N", `at most so many lines (${limitDefault})`, parseLimit),
    reverse: flag("the oldest first"),
  },
  examples: [
    { line: "strata history web", about: "one instance" },
    { line: "strata history --since 2h --format csv", about: "for a spreadsheet" },
  ],
  async run(context, { words: [instance], options }) {
    const { since, until, actor, type, limit, reverse } = options;
    const isFiltered = [since, until, actor, type].some((each) => each !== undefined);
    const rows = await context.api.call("history.list", {
      ...(instance !== undefined && { instance }),
      ...(since !== undefined && { since: context.moment(since) }),
      ...(until !== undefined && { until: context.moment(until) }),
      ...(actor !== undefined && { actor }),
      ...(type !== undefined && { type }),
      limit: limit ?? limitDefault,
      reverse,
    });
    if (rows.length === 0) context.say(isFiltered ? "Nothing that fits was done." : "Nothing was done yet.");
    await context.show(historyView(rows), options);
    if (rows.length < (limit ?? limitDefault)) await sayOlder(context);
    return 0;
  },
});

/** What was before the oldest line may have been moved aside. */
async function sayOlder({ api, say }: Context): Promise<void> {
  const { archived } = (await api.call("daemon.status", {})).log;
  if (archived) say(`older       the events 1 to ${archived.upTo} are archived in ${archived.places.join(", ")}`);
}

function parseLimit(given: string): number {
  const limit = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= limitMax) return limit;
  throw new UserError("limit-invalid", `"${given}" is not a number of lines`, {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", String(limitDefault)],
      ["form", `a whole number from 1 to ${limitMax}`],
    ],
  });
}
