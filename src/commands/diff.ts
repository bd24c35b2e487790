/** `strata diff`: what changed between two places in an instance's history. */
import { UserError, exitCodes } from "../errors.ts";
import { parsePointAddress, type PointAddress, readPointWord } from "../model/point-word.ts";
import { formatSize } from "../model/size.ts";
import type { InstanceView } from "../model/view.ts";
import { diffView, type Difference } from "../render/diff.ts";
import { type At, instancesOf } from "./at.ts";
import { defineVerb } from "./command.ts";
import type { Context } from "./context.ts";
import { pointAddress, wordFor } from "./points.ts";

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
  options: {},
  examples: [
    { line: "strata diff web@good", about: "since the snapshot" },
    { line: "strata diff web@3 web@7", about: "between the ends of two operations" },
  ],
  async run(context, { words: [first = "", second], options }) {
    const from = pointAddress(first, "diff");
    const to: PointAddress = second === undefined ? { instance: from.instance } : parsePointAddress(second);
    refuseOther(from, to);
    const [before, after] = [await stateAt(context, from), await stateAt(context, to)];
    const rows = differences(before, after);
    if (rows.length === 0) context.say("The configuration is the same.");
    await context.show(diffView(first, second ?? `${from.instance}@now`, rows), options);
    return exitCodes.ok;
  },
});

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

const keys: Readonly<Record<string, (view: InstanceView) => string>> = {
  name: ({ name }) => name,
  cpus: ({ specs }) => String(specs.cpus),
  memory: ({ specs }) => formatSize(specs.memory),
  disk: ({ specs }) => formatSize(specs.disk),
  autostart: ({ autostart }) => autostart ?? "last",
  image: ({ image }) => image.title,
  trash: ({ deletedAt }) => (deletedAt === undefined ? "no" : "yes"),
};

function differences(before: InstanceView, after: InstanceView): Difference[] {
  return Object.entries(keys).flatMap(([key, value]) => {
    const [was, is] = [value(before), value(after)];
    return was === is ? [] : [{ key, before: was, after: is }];
  });
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
