/** --at: an answer as it was then. */
import type { Input } from "../api/contract.ts";
import { exitCodes, UserError } from "../errors.ts";
import { parsePast } from "../model/past.ts";
import type { AsOf, InstanceView } from "../model/view.ts";
import { value } from "./command.ts";
import type { Context } from "./context.ts";

/** A moment is the text itself: it means something by the clock of whoever asks. */
export type At = { readonly operation: number } | { readonly moment: string };

export const atOption = {
  at: value("POINT", "as it was then: after an operation (7), so long ago (2h), or at a time (14:05)", parseAt),
};

function parseAt(text: string): At {
  const past = parsePast(text);
  if (past) return "operation" in past ? past : { moment: text };
  throw new UserError("point-invalid", `"${text}" is no point in the past`, {
    exit: exitCodes.usage,
    hints: [
      ["form", "an operation's number, an age such as 2h or 3d, or a time: 14:05, 2026-11-20, 2026-11-20T14:05"],
      ["next", "strata history"],
    ],
  });
}

/** For the call. Throws `time-invalid`. */
export const placeOf = (at: At, { moment }: Pick<Context, "moment">): Input<"past.instances">["at"] =>
  "operation" in at ? at : { time: moment(at.moment) };

/** `as of 14:05:09 (after operation 7)` */
export function sayAsOf({ say, localTime }: Pick<Context, "say" | "localTime">, { time, operation }: AsOf): void {
  say(
    `as of ${localTime(time)} (${operation === undefined ? "before the first operation" : `after operation ${operation}`})`,
  );
}

/** Instances of now, or of then: those of `names`, or without names all. */
export async function instancesOf(
  context: Context,
  at: At | undefined,
  names: readonly string[] = [],
): Promise<{ readonly asOf?: AsOf; readonly instances: readonly InstanceView[] }> {
  const { api } = context;
  const instances = [...names];
  if (at === undefined) {
    const found = names.length === 0 ? api.call("instance.list", {}) : api.call("instance.info", { instances });
    return { instances: await found };
  }
  return api.call("past.instances", { at: placeOf(at, context), ...(names.length > 0 && { instances }) });
}
