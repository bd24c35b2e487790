/** Commands that follow each other: of two restores of one instance, the second waits until the first has ended. */
import type { Accepted } from "../api/contract.ts";
import { UserError } from "../errors.ts";
import type { OperationBrief } from "../model/view.ts";
import type { Context, ProgressReport } from "./context.ts";
import { cancelledBy, type Interruption, untilEnded } from "./follow.ts";

/** So many may go first; each has a deadline of its own. */
const turnsMax = 50;

export interface Turn {
  readonly verb: string;
  /** The kind of operation that is waited for. */
  readonly behind: OperationBrief["kind"];
  send(): Promise<Accepted>;
}

/** Sends it, again after each operation of that kind that was there first. Rejects with `cancelled` at the first Ctrl-C while it waits. */
export async function inTurn(
  context: Context,
  instance: string,
  { verb, behind, send }: Turn,
  report: ProgressReport,
  interruption: Interruption,
): Promise<Accepted> {
  let left: AbortSignal | undefined;
  for (let turn = 1; ; turn++) {
    try {
      return await send();
    } catch (error) {
      const isBusy = error instanceof UserError && error.code === "operation-pending";
      const first = isBusy && turn < turnsMax ? await underWay(context, instance) : undefined;
      if (!isBusy || (first && first.kind !== behind) || turn >= turnsMax) throw error;
      // It has ended since.
      if (!first) continue;
      left ??= cancelledBy(interruption, `${verb} ${instance}, before it began; nothing was changed`);
      report.say(`${verb} ${instance} waits for operation ${first.number} (${first.kind})   (Ctrl-C: do not wait)`);
      await untilEnded(context, first, report, left, instance);
      left.throwIfAborted();
    }
  }
}

async function underWay({ api }: Context, instance: string): Promise<OperationBrief | undefined> {
  const [view] = await api.call("instance.info", { instances: [instance] });
  return view?.operation;
}
