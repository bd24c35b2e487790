/** The calls of undo and redo: first the plan, then the same thing done. */
import type { CallHandlers } from "../../api/server.ts";
import { UserError } from "../../errors.ts";
import type { Command } from "../../events/decide.ts";
import { whatOf } from "../../events/projections/history.ts";
import { type Inverse, inverseOf, type Undoing } from "../../events/undo.ts";
import type { UndoPlan } from "../../model/point-view.ts";
import { findOperation, findRedo, findUndo, type Found } from "../undo.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

/** As long as the longest inverse, a restore, may take. */
const undoMs = 900_000;
const trashMs = 7 * 86_400_000;
const branchMs = 7 * 86_400_000;

type Names = "undo.plan" | "undo.run";
interface Wanted {
  readonly operation?: number | undefined;
  readonly isRedo: boolean;
}

export function undoHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  return {
    "undo.plan": async (input, caller) => {
      const { found, undoing } = await look(daemon, input, caller);
      return planOf(daemon, input, found, undoing);
    },
    "undo.run": async (input, caller) => {
      const seen = daemon.dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { found, undoing } = await look(daemon, input, caller);
      const { number } = found.about;
      if (input.planned !== number) throw overtaken(input.planned, number);
      const mark = input.isRedo ? { redoes: number } : { undoes: number };
      const build = (_world: unknown, operation: string) => ({
        ...commandOf(daemon, undoing.inverse, operation),
        ...mark,
      });
      return change(daemon, caller, input, build, "needs nothing");
    },
  };
}

async function look(daemon: Daemon, { operation, isRedo }: Wanted, { actor }: Caller) {
  const { log, dispatcher } = daemon;
  const found = isRedo
    ? await findRedo(log, actor.id)
    : operation === undefined
      ? await findUndo(log, actor.id)
      : await findOperation(log, operation);
  return { found, undoing: inverseOf(found.done, dispatcher.world()) };
}

function planOf({ dispatcher }: Daemon, { isRedo }: Wanted, { about, since }: Found, { lines }: Undoing): UndoPlan {
  const { number, kind, by, time, stream, data } = about;
  const instance = dispatcher.world().instances.get(stream.slice("instance/".length));
  const what = whatOf(kind, data, instance?.name);
  return { operation: number, isRedo, what, who: by.name, at: time, since: [...since], lines: [...lines] };
}

/** The inverse with its ids and times. */
function commandOf({ clock, ids }: Daemon, inverse: Inverse, operation: string): Command {
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const opens = { operation, deadline: inMs(undoMs) };
  switch (inverse.type) {
    case "change-setting":
      return inverse;
    case "delete":
      return { type: "delete", id: inverse.id, expires: inMs(trashMs), ...opens };
    case "restore": {
      const keep = { id: ids.next(), next: ids.next(), memory: ids.next(), expires: inMs(branchMs) };
      return { ...inverse, next: ids.next(), fresh: false, keep, ...opens };
    }
    case "recover":
      return { type: "recover", id: inverse.id, ...opens };
    case "hold":
    case "release":
      return { type: inverse.type, id: inverse.id, point: inverse.point, ...opens };
    default:
      return { ...inverse, ...opens };
  }
}

const overtaken = (planned: number, now: number) =>
  new UserError("plan-overtaken", `the plan was about operation ${planned}; by now it would be ${now}`, {
    hints: [["next", `strata undo ${planned}`]],
  });
