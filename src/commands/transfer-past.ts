/** Files out of a point, for `strata transfer`: the machine is not started for it. */
import { UserError, exitCodes } from "../errors.ts";
import { parsePointAddress, type PointAddress } from "../model/point-word.ts";
import { formatSize } from "../model/size.ts";
import { fileListView } from "../render/past-files.ts";
import type { Context, Shape } from "./context.ts";
import { cancelledBy, watchInterrupts } from "./follow.ts";
import { choosePoint } from "./points.ts";

/** Throws `point-missing` and `path-missing`. */
export async function transferPast(
  context: Context,
  { source, target }: { readonly source: string; readonly target: string },
  { list, ...shape }: Shape & { readonly list: boolean },
): Promise<number> {
  const { instance, point, path } = placeIn(source);
  const { name } = await choosePoint(context, { instance, point }, true);
  const place = { instance, point: name, path };
  return list ? listFiles(context, place, shape) : fetch(context, place, target);
}

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
  const signal = cancelledBy(interruption, `transfer of ${place.path}; nothing was written`);
  try {
    const { path, bytes } = await context.pastFiles.fetch(place, target, signal);
    if (path !== "-")
      context.say(`Transferred: ${place.instance}@${place.point}:${place.path} to ${path}   ${formatSize(bytes)}`);
    return exitCodes.ok;
  } finally {
    interruption.stop();
  }
}
