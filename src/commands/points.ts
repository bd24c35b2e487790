/** What the verbs about points share: reading INSTANCE@POINT, and asking when the nearest point is far away. */
import type { Ended } from "../api/contract.ts";
import { UserError, exitCodes } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import type { Point } from "../model/point.ts";
import { type PointAddress, parsePointAddress, readPointWord } from "../model/point-word.ts";
import type { FoundPoint } from "../model/point-view.ts";
import { formatSize } from "../model/size.ts";
import type { Argument } from "../model/verb.ts";
import type { Context } from "./context.ts";

/** A point so much older than the time that was meant is asked about first. */
const farMs = 3_600_000;

export const pointArgument: Argument = {
  name: "INSTANCE@POINT",
  about: "web@good, web@last, web@7 (after operation 7), web@2h, web@14:05",
  required: true,
  many: false,
  completes: "instance",
};

/** The address with its point; throws `point-missing`. */
export function pointAddress(text: string, verb: string): PointAddress & { readonly point: string } {
  const address = parsePointAddress(text);
  const { instance, point } = address;
  if (point !== undefined) return { ...address, point };
  throw new UserError("point-missing", `${verb} needs a point of "${instance}"`, {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", `${instance}@last`],
      ["form", `strata ${verb} ${instance}@POINT`],
      ["next", `strata history ${instance} --tree`],
    ],
  });
}

/** The word as the daemon reads it: ages and times of day are moments here, in this time zone. */
export function wordFor(context: Context, point: string): string {
  const word = readPointWord(point);
  return word.by === "time" ? context.moment(word.text) : point;
}

/** The point that is meant; one that was not named is said, and asked about when it is more than an hour off. */
export async function choosePoint(
  context: Context,
  { instance, point }: { instance: string; point: string },
  isSure: boolean,
): Promise<Point> {
  const found = await context.api.call("point.find", { instance, point: wordFor(context, point) });
  const { distanceMs } = found;
  if (distanceMs === undefined) return found.point;
  context.say(`point       ${describe(instance, found, point)}`);
  if (distanceMs > farMs) await context.confirm(`Go to ${instance}@${found.point.name}?`, isSure);
  return found.point;
}

function describe(instance: string, { point, distanceMs = 0 }: FoundPoint, word: string): string {
  const meant = readPointWord(word).by === "operation" ? `the end of operation ${word}` : word;
  return `${instance}@${point.name}   ${distanceMs === 0 ? `at ${meant}` : `${formatDuration(distanceMs)} before ${meant}`}`;
}

/** `disk + memory, 121 MB`: what a point takes. */
export function contentOf({ kept, bytes }: Point): string {
  return `${kept ? "disk + memory" : "disk"}, ${formatSize(bytes + (kept?.memoryBytes ?? 0))}`;
}

/** `kept as web@auto3`, of an operation that made a point by the way. */
export const madeByTheWay = ({ point, instance }: Ended): readonly string[] =>
  point && instance ? [`kept as ${instance.name}@${point.name}`] : [];

/** That there is no such point, although one was to be made. */
export const missedByTheWay = ({ pointMissed }: Ended): readonly string[] =>
  pointMissed === undefined ? [] : [`note        no automatic point was made: ${pointMissed}`];
