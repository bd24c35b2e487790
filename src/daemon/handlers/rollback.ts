/** The calls of a rollback: the plan, and the same plan carried out as one operation. */
import type { CallHandlers } from "../../api/server.ts";
import { exitCodes, UserError } from "../../errors.ts";
import { type Plan, planRollback } from "../../events/plan.ts";
import type { RequestRollback } from "../../events/rollback/rollback.ts";
import { stepsMax } from "../../events/rollback/events.ts";
import type { At, Past, Then } from "../past.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

/** A thousand restores, one after the other, are given up after a day. */
const rollbackMs = 86_400_000;

type Names = "rollback.plan" | "rollback.run";

export function rollbackHandlers(daemon: Daemon, past: Past): Pick<CallHandlers<Caller>, Names> {
  const { log, dispatcher } = daemon;
  return {
    "rollback.plan": async ({ at }) => {
      const { plan, was } = await lookBack(daemon, past, at);
      return { asOf: was.asOf, lines: [...plan.lines], remains: [...plan.remains], position: log.position() };
    },
    "rollback.run": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { plan, was } = await lookBack(daemon, past, input.at);
      const build = (_world: unknown, operation: string) => rollbackTo(daemon, plan, was, operation);
      return change(daemon, caller, input, build, "is as it was already");
    },
  };
}

export async function lookBack(
  { dispatcher }: Pick<Daemon, "dispatcher">,
  past: Past,
  at: At | { readonly position: number },
  undone?: number,
): Promise<{ plan: Plan; was: Then }> {
  return past.at(at, (then) => {
    const plan = planRollback(dispatcher.world(), then.world, undone);
    if (plan.steps.length <= stepsMax) return { plan, was: then };
    throw new UserError("plan-too-long", `the way back has ${plan.steps.length} steps; ${stepsMax} are the most`, {
      exit: exitCodes.failed,
      hints: [["next", "strata restore INSTANCE@POINT (one at a time)"]],
    });
  });
}

/** The plan as the command that asks for it. */
export function rollbackTo(
  { clock }: Pick<Daemon, "clock">,
  plan: Plan,
  { asOf }: Then,
  operation: string,
): RequestRollback {
  const deadline = new Date(clock.now().getTime() + rollbackMs).toISOString();
  const to = { position: asOf.position, time: asOf.time };
  return { type: "rollback", operation, deadline, to, plan: plan.steps };
}
