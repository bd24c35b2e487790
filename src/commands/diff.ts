/** `strata diff`: what changed between two places in an instance's history. */
import { UserError, exitCodes } from "../errors.ts";
import { parsePointAddress, type PointAddress, readPointWord } from "../model/point-word.ts";
import { differences } from "../model/differences.ts";
import type { InstanceView } from "../model/view.ts";
import { diffView } from "../render/diff.ts";
import { type At, instancesOf } from "./at.ts";
import { fileChangesView } from "../render/past-files.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { choosePoint, pointAddress, wordFor } from "./points.ts";

export const diff = defineVerb({
  name: "diff",
  aliases: [],
  group: "history",
  summary: "Show what changed between two points",
  about: ["Compares the configuration of then, from the log. Without a second point, with what is now."],
  arguments: [
    { name: "INSTANCE@POINT", about: "web@good, web@7, web@2h", required: true, many: false, completes: "instance" },
    { name: "INSTANCE@POINT", about: "the other one (now)", required: false, many: false, completes: "instance" },
  ],
  options: { files: flag("paths that are different, read out of the disks without a machine", "f") },
  examples: [
    { line: "strata diff web@good", about: "since the snapshot" },
    { line: "strata diff web@3 web@7", about: "between the ends of two operations" },
    { line: "strata diff web@good web@branch1 --files", about: "which files" },
  ],
  async run(context, { words: [first = "", second], options }) {
    const from = pointAddress(first, "diff");
    const to: PointAddress = second === undefined ? { instance: from.instance } : parsePointAddress(second);
    refuseOther(from, to);
    if (options.files) return showFiles(context, from, to, options);
    const [before, after] = [await stateAt(context, from), await stateAt(context, to)];
    const rows = differences(before, after);
    if (rows.length === 0) context.say("The configuration is the same.");
    await context.show(diffView(first, second ?? `${from.instance}@now`, rows), options);
    return exitCodes.ok;
  },
});

/** Disks exist at points only: the present has none that could be read. */
async function showFiles(
  context: Context,
  from: PointAddress & { readonly point: string },
  { instance, point }: PointAddress,
  shape: Shape,
): Promise<number> {
  if (point === undefined || point === "now") {
    throw new UserError("point-missing", "diff --files compares two points, and the present is none yet", {
      exit: exitCodes.usage,
      hints: [
        ["next", `strata snapshot ${instance}`],
        ["then", `strata diff ${instance}@${from.point} ${instance}@last --files`],
      ],
    });
  }
  const before = (await choosePoint(context, from, true)).name;
  const after = (await choosePoint(context, { instance, point }, true)).name;
  const changes = [];
  const stop = new AbortController();
  const unwatch = context.onInterrupt(() => stop.abort());
  try {
    for await (const each of context.api.stream("point.changes", { instance, before, after }, stop.signal)) {
      if (each.change === "cut") context.say(`note        cut after ${each.walked} names: there are more`);
      else changes.push(each);
    }
  } finally {
    unwatch();
  }
  if (changes.length === 0) context.say("The files are the same.");
  await context.show(fileChangesView(changes), shape);
  return stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}

async function stateAt(context: Context, { instance, point }: PointAddress): Promise<InstanceView> {
  const at = point === undefined || point === "now" ? undefined : await placeOf(context, instance, point);
  const [view] = (await instancesOf(context, at, [instance])).instances;
  if (view) return view;
  throw new UserError("instance-not-found", `instance "${instance}" does not exist`, {
    hints: [["next", "strata list"]],
  });
}

/** A named point is the end of the operation that made it. */
async function placeOf(context: Context, instance: string, point: string): Promise<At> {
  const word = readPointWord(point);
  if (word.by === "operation") return { operation: word.operation };
  if (word.by === "time") return { moment: word.text };
  const found = await context.api.call("point.find", { instance, point: wordFor(context, point) });
  return { operation: found.point.operation };
}

function refuseOther(from: PointAddress, to: PointAddress): void {
  if (from.instance === to.instance) return;
  throw new UserError(
    "point-invalid",
    `diff compares points of one instance, not of "${from.instance}" and "${to.instance}"`,
    {
      exit: exitCodes.usage,
      hints: [["form", `strata diff ${from.instance}@POINT ${from.instance}@POINT`]],
    },
  );
}
