/** `strata history`: what was done, by whom, when and why. */
import type { Input } from "../api/contract.ts";
import { UserError, exitCodes } from "../errors.ts";
import { historyView, keptHistory } from "../render/history.ts";
import { treeView } from "../render/tree.ts";
import { type At, atOption, placeOf, sayAsOf } from "./at.ts";
import { defineVerb, flag, text, value } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { resumed } from "./resumed.ts";

const limitDefault = 50;
const limitMax = 10_000;
/** Lines that a history which is followed begins with, by default and at most. */
const followedDefault = 10;
const followedMax = 1_000;

/** Those that every instance has. */
const keys = ["name", "cpus", "memory", "disk", "autostart", "allow-net", "interfaces"];

export const history = defineVerb({
  name: "history",
  aliases: [],
  group: "history",
  summary: "List what was done",
  about: [
    "A line per operation, the newest first; uses of exec and shell in between are counted together, and so are points that make themselves (--actor strata lists them). The reason, where one was given, stands under its line.",
    "With --key, only what has set that key: cpus, memory, disk, autostart, label.NAME or name of an instance, or a setting of the daemon; with its value before and after.",
    `With --follow, the newest ${followedDefault} lines, the oldest of them first, and then a line as each operation ends; as JSON, an object a line.`,
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
    reason: text("TEXT", "whose reason has this in it"),
    key: { ...text("KEY", "only what has set this key, for example cpus"), choices: keys },
    limit: value("N", `at most so many lines (${limitDefault}; ${followedDefault} to follow)`, parseLimit),
    reverse: flag("the oldest first"),
    tree: flag("the points of an instance: what began from what, their sizes, and where we are"),
    at: { ...atOption.at, about: `with --tree: ${atOption.at.about}` },
    follow: flag("wait for more", "f"),
  },
  examples: [
    { line: "strata history web", about: "one instance" },
    { line: "strata history web --tree", about: "its snapshots and branches" },
    { line: "strata history web --tree --at 2h", about: "those of two hours ago, also if they are gone since" },
    { line: "strata history --key cpus web", about: "who set its processors, and when" },
    { line: "strata history --since 2h --format csv", about: "for a spreadsheet" },
    { line: "strata history --follow", about: "what is done just now" },
  ],
  async run(context, { words: [instance], options }) {
    if (options.tree) return showTree(context, instance, options.at, options);
    if (options.at !== undefined) throw notThen();
    const { since, until, actor, type, reason, key, limit, reverse, follow } = options;
    const filter: Filter = {
      ...(instance !== undefined && { instance }),
      ...(since !== undefined && { since: context.moment(since) }),
      ...(actor !== undefined && { actor }),
      ...(type !== undefined && { type }),
      ...(reason !== undefined && { reason }),
      ...(key !== undefined && { key }),
    };
    if (follow) return followHistory(context, filter, { until, limit }, options);
    const isFiltered = until !== undefined || Object.keys(filter).some((each) => each !== "instance");
    const rows = await context.api.call("history.list", {
      ...filter,
      ...(until !== undefined && { until: context.moment(until) }),
      limit: limit ?? limitDefault,
      reverse,
    });
    if (rows.length === 0) context.say(isFiltered ? "Nothing that fits was done." : "Nothing was done yet.");
    await context.show(historyView(rows, { isOfKey: key !== undefined }), options);
    if (!isFiltered && rows.length < (limit ?? limitDefault)) await sayOlder(context);
    return exitCodes.ok;
  },
});

/** What was before the oldest line may have been moved aside. */
async function sayOlder({ api, say }: Context): Promise<void> {
  const { archived } = (await api.call("daemon.status", {})).log;
  if (archived) say(`older       the events 1 to ${archived.upTo} are archived in ${archived.places.join(", ")}`);
}

async function showTree(
  context: Context,
  instance: string | undefined,
  at: At | undefined,
  shape: Shape,
): Promise<number> {
  const { api } = context;
  const which = { ...(instance !== undefined && { instance }) };
  if (at === undefined) {
    await context.show(treeView(await api.call("point.tree", which)), shape);
    return exitCodes.ok;
  }
  const { asOf, points } = await api.call("past.points", { at: placeOf(at, context), ...which });
  sayAsOf(context, asOf);
  await context.show(treeView(points, asOf), shape);
  return exitCodes.ok;
}

type Filter = Omit<Input<"history.follow">, "limit" | "after">;

/** Prints until Ctrl-C, or until nobody reads any more. */
async function followHistory(
  context: Context,
  filter: Filter,
  { until, limit = followedDefault }: { readonly until: string | undefined; readonly limit: number | undefined },
  shape: Shape,
): Promise<number> {
  if (until !== undefined) throw unfit("--until has an end, and --follow has none", "strata history --follow");
  if (limit > followedMax)
    throw unfit(`a history that is followed begins with at most ${followedMax} lines`, `--limit ${followedMax}`);
  const format = lineFormat(shape);
  const stop = new AbortController();
  const unwatch = context.onInterrupt(() => stop.abort());
  const shown = { isOfKey: filter.key !== undefined, kept: keptHistory() };
  // Opened again, it goes on, instead of beginning anew.
  const open = (after: number | undefined) =>
    context.api.stream("history.follow", { ...filter, limit, ...(after !== undefined && { after }) }, stop.signal);
  try {
    for await (const { rows } of resumed(context, undefined, open, stop.signal)) {
      await context.show(historyView(rows, shown), { ...shape, json: false, format });
      if (context.stdout.isClosed) break;
    }
  } finally {
    unwatch();
  }
  return stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}

/** What can be printed a line at a time. */
function lineFormat({ format = "table", json }: Shape): "table" | "ndjson" {
  if (json || format === "json" || format === "ndjson") return "ndjson";
  if (format === "table") return "table";
  throw unfit(`"${format}" has no lines that can be printed one by one`, "ndjson");
}

const notThen = () =>
  new UserError("option-unwanted", "--at is for --tree: what was done is never another", {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", "strata history --tree --at 2h"],
      ["next", "strata history --until 2h"],
    ],
  });

const unfit = (message: string, meant: string): UserError =>
  new UserError("follow-unfit", message, { exit: exitCodes.usage, hints: [["did you mean", meant]] });

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
