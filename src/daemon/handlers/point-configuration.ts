/** The keys of an instance's points: `local.NAME.POINT.name` and `local.NAME.POINT.comment`. */
import { exitCodes, UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { Point } from "../../model/point.ts";
import { commentMax, parsePointName } from "../../model/point-word.ts";

const keys = {
  name: { about: "what the point is called", value: ({ name }: Point) => name },
  comment: { about: "a note that stays with the point; an empty value takes it away", value: commentOf },
} as const;

export interface PointKey {
  readonly instance: string;
  readonly point: string;
  readonly key: keyof typeof keys;
}

function commentOf({ comment = "" }: Point): string {
  return comment;
}

/** The key in parts; undefined for any other. The name of a point may have dots; labels come first. */
export function parsePointKey(text: string): PointKey | undefined {
  const [, instance, point, key] = /^local\.([^.]+)\.(?!label\.)(.+)\.(name|comment)$/.exec(text) ?? [];
  if (instance === undefined || point === undefined) return undefined;
  return { instance, point, key: key === "name" ? "name" : "comment" };
}

/** Throws `point-name-invalid` and `setting-invalid`. */
export function parsePointValue(key: PointKey["key"], text: string): string {
  if (key === "name") return parsePointName(text);
  if (text.length <= commentMax) return text;
  throw new UserError("setting-invalid", `a comment of ${text.length} characters is too long`, {
    exit: exitCodes.usage,
    hints: [["form", `at most ${commentMax} characters`]],
  });
}

/** Rows of all that may be asked for by name are of every point; a list shows those that somebody made. */
export function pointRowsOf({ name, points }: InstanceState, isAll: boolean) {
  const shown = isAll ? points : points.filter(({ kind }) => kind === "snapshot");
  return shown.flatMap((point) =>
    Object.entries(keys).map(([key, { about, value }]) => ({
      key: `local.${name}.${point.name}.${key}`,
      value: value(point),
      default: "",
      about,
    })),
  );
}
