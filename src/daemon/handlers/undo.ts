/** The calls of undo and redo: first the plan, then the same thing done. */
import type { CallHandlers } from "../../api/server.ts";
import { UserError } from "../../errors.ts";
import type { Command } from "../../events/decide.ts";
import { whatOf } from "../../events/projections/history.ts";
import { type DoneOperation, inverseOf } from "../../events/undo.ts";
import type { UndoPlan } from "../../model/point-view.ts";
import { findOperation, findRedo, findUndo, type Found } from "../undo.ts";
import { commandOf } from "../inverse-command.ts";
import type { Past } from "../past.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";
import { lookBack, rollbackTo } from "./rollback.ts";

type Names = "undo.plan" | "undo.run";
interface Wanted {
  readonly operation?: number | undefined;
  readonly isRedo: boolean;
}

/** What undoing it comes to: sentences, and the command that does it. */
interface Undoing {
  readonly lines: readonly string[];
  command(operation: string): Command;
}

export function undoHandlers(daemon: Daemon, past: Past): Pick<CallHandlers<Caller>, Names> {
  return {
    "undo.plan": async (input, caller) => {
      const { found, undoing } = await look(daemon, past, input, caller);
      return planOf(daemon, input, found, undoing);
    },
    "undo.run": async (input, caller) => {
      const seen = daemon.dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { found, undoing } = await look(daemon, past, input, caller);
      const { number } = found.about;
      if (input.planned !== number) throw overtaken(input.planned, number);
      const mark = input.isRedo ? { redoes: number } : { undoes: number };
      const build = (_world: unknown, operation: string) => ({ ...undoing.command(operation), ...mark });
      return change(daemon, caller, input, build, "needs nothing");
    },
  };
}

async function look(daemon: Daemon, past: Past, { operation, isRedo }: Wanted, { actor }: Caller) {
  const { log } = daemon;
  const found = isRedo
    ? await findRedo(log, actor.id)
    : operation === undefined
      ? await findUndo(log, actor.id)
      : await findOperation(log, operation);
  return { found, undoing: await undoingOf(daemon, past, found.done) };
}

/** A rollback is undone by another one, to right before it. */
async function undoingOf(daemon: Daemon, past: Past, done: DoneOperation): Promise<Undoing> {
  if (done.kind !== "rollback") {
    const { inverse, lines } = inverseOf(done, daemon.dispatcher.world());
    return { lines, command: (operation) => commandOf(daemon, inverse, operation) };
  }
  const { plan, was } = await lookBack(daemon, past, { position: done.position - 1 }, done.number);
  const lines = [...plan.lines, ...plan.remains.map((line) => `stays: ${line}`)];
  return { lines, command: (operation) => rollbackTo(daemon, plan, was, operation) };
}

function planOf({ dispatcher }: Daemon, { isRedo }: Wanted, { about, since }: Found, { lines }: Undoing): UndoPlan {
  const { number, kind, by, time, stream, data } = about;
  const instance = dispatcher.world().instances.get(stream.slice("instance/".length));
  const what = whatOf(kind, data, instance?.name);
  return { operation: number, isRedo, what, who: by.name, at: time, since: [...since], lines: [...lines] };
}

const overtaken = (planned: number, now: number) =>
  new UserError("plan-overtaken", `the plan was about operation ${planned}; by now it would be ${now}`, {
    hints: [["next", `strata undo ${planned}`]],
  });
