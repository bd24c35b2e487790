/** `strata transfer`: files out of a point, without starting the machine. */
import { UserError, exitCodes } from "../errors.ts";
import { parsePointAddress, type PointAddress } from "../model/point-word.ts";
import { formatSize } from "../model/size.ts";
import { fileListView } from "../render/past-files.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { watchInterrupts } from "./follow.ts";
import { choosePoint } from "./points.ts";

export const transfer = defineVerb({
  name: "transfer",
  aliases: ["cp"],
  group: "history",
  summary: "Fetch files out of a point",
  about: [
    "Reads them out of the disk as it was, also when the instance does not start any more. A folder comes as a tar archive. Reading ext2, ext3 and ext4 is built in; a restore or a fork reaches the rest.",
  ],
  arguments: [
    {
      name: "INSTANCE@POINT:PATH",
      about: "web@good:/etc/hosts; the path is absolute",
      required: true,
      many: false,
      completes: "instance",
    },
    {
      name: "TARGET",
      about: "a file or a folder here, NAME.tar for a folder, - for standard output (.)",
      required: false,
      many: false,
    },
  ],
  options: { list: flag("only say what is in the folder", "l") },
  examples: [
    { line: "strata transfer web@good:/etc/hosts .", about: "one file" },
    { line: "strata transfer web@2h:/etc etc.tar", about: "a folder" },
    { line: "strata transfer web@good:/home --list", about: "what there is" },
  ],
  async run(context, { words: [source = "", target = "."], options }) {
    const { instance, point, path } = placeIn(source);
    const { name } = await choosePoint(context, { instance, point }, true);
    const place = { instance, point: name, path };
    return options.list ? listFiles(context, place, options) : fetch(context, place, target);
  },
});

type Place = Required<PointAddress>;

/** Throws `point-missing` and `path-missing`. */
function placeIn(source: string): Place {
  const { instance, point, path } = parsePointAddress(source);
  if (point !== undefined && path !== undefined) return { instance, point, path };
  const what = point === undefined ? "a point" : "a path";
  throw new UserError(
    point === undefined ? "point-missing" : "path-missing",
    `transfer needs ${what} of "${instance}"`,
    {
      exit: exitCodes.usage,
      hints: [
        ["form", `strata transfer ${instance}@${point ?? "POINT"}:/path TARGET`],
        ["next", `strata history ${instance} --tree`],
      ],
    },
  );
}

async function listFiles(context: Context, place: Place, shape: Shape): Promise<number> {
  const { entries, isCut } = await context.api.call("point.files", place);
  if (entries.length === 0) context.say(`${place.path} is empty.`);
  await context.show(fileListView(entries), shape);
  if (isCut) context.say("note        there are more than are listed");
  return exitCodes.ok;
}

async function fetch(context: Context, place: Place, target: string): Promise<number> {
  const interruption = watchInterrupts(context);
  const stop = new AbortController();
  const end = () =>
    stop.abort(
      new UserError("cancelled", `cancelled: transfer of ${place.path}; nothing was written`, {
        exit: exitCodes.interrupted,
      }),
    );
  interruption.onCancel(end);
  interruption.released.addEventListener("abort", end, { once: true });
  try {
    const { path, bytes } = await context.pastFiles.fetch(place, target, stop.signal);
    if (path !== "-")
      context.say(`Transferred: ${place.instance}@${place.point}:${place.path} to ${path}   ${formatSize(bytes)}`);
    return exitCodes.ok;
  } finally {
    interruption.stop();
  }
}
