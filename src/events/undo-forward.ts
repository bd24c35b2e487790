/** How a forward that was added or removed is taken back, and how a rollback brings those of then. */
import { UserError } from "../errors.ts";
import { formatForward, formatHostPort, isSamePort } from "../model/forward.ts";
import type { Forward } from "../model/forward.ts";
import type { Point } from "../model/point.ts";
import { plain } from "./instance/forwards.ts";
import type { InstanceState } from "./instance/state.ts";
import type { PlannedStep } from "./rollback/events.ts";
import type { Undoing } from "./undo.ts";

const added = (id: string, forward: Forward): PlannedStep => ({ type: "add-forward", id, ...plain(forward) });

function removed(id: string, { protocol, bind, host }: Forward): PlannedStep {
  return { type: "remove-forward", id, protocol, bind, host };
}

const againLine = (name: string, forward: Forward) =>
  `${formatHostPort(forward)} leads to port ${forward.guest} of ${name} again`;
const goneLine = (name: string, forward: Forward) => `${formatHostPort(forward)} does not lead to ${name} any more`;

const isSame = (one: Forward, other: Forward) => isSamePort(one, other) && one.guest === other.guest;

/** Throws `undo-conflict` where the port leads to something else by now. */
export function forwardBack(kind: "forward" | "unforward", data: unknown, state: InstanceState): Undoing {
  const forward = plain(data as Forward);
  const { id, name, forwards = [] } = state;
  const now = forwards.find((each) => isSamePort(each, forward));
  if (kind === "forward") {
    if (!now || !isSame(now, forward)) throw changedSince(name, forward, now);
    return { inverse: removed(id, forward), lines: [goneLine(name, forward)] };
  }
  if (now) throw changedSince(name, forward, now);
  return { inverse: added(id, forward), lines: [againLine(name, forward)] };
}

function changedSince(name: string, forward: Forward, now: Forward | undefined): UserError {
  const what = now ? `leads to port ${now.guest} of ${name} now` : `does not lead to ${name} any more`;
  return new UserError("undo-conflict", `${formatHostPort(forward)} was changed since: it ${what}`, {
    hints: [["next", now ? `strata forward list ${name}` : `strata forward add ${name} ${formatForward(forward)}`]],
  });
}

/** One instance of a rollback: as it is, as it was, and the point that its disk goes back to, which brings forwards of its own. */
export interface Returning {
  readonly state: InstanceState;
  readonly wanted: InstanceState;
  readonly point?: Point | undefined;
}

/** Ports are let go of before others take them, so those of all instances come together. */
export function planForwards(returning: readonly Returning[]): { readonly step: PlannedStep; readonly line: string }[] {
  const gone: { step: PlannedStep; line: string }[] = [];
  const again: typeof gone = [];
  for (const { state, wanted, point } of returning) {
    const { id } = state;
    const { name } = wanted;
    const [then, now] = [wanted.forwards ?? [], (point ?? state).forwards ?? []];
    for (const each of now.filter((one) => !then.some((other) => isSame(one, other))))
      gone.push({ step: removed(id, each), line: goneLine(name, each) });
    for (const each of then.filter((one) => !now.some((other) => isSame(one, other))))
      again.push({ step: added(id, each), line: againLine(name, each) });
  }
  return [...gone, ...again];
}
