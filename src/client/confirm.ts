/** Asks before something far-reaching is done. */
import { exitCodes, UserError } from "../errors.ts";
import { ask } from "../sys/ask.ts";
import { isTerminal } from "../sys/terminal.ts";

/** Returns when it is wanted: `isSure`, or yes at the terminal. Throws `not-confirmed`, and `confirmation-needed` where nobody can be asked. */
export async function confirm(question: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  if (!isTerminal(0) || !isTerminal(2)) {
    throw new UserError("confirmation-needed", "nobody can be asked here, and nothing was changed", {
      exit: exitCodes.usage,
      hints: [["did you mean", "--yes"]],
    });
  }
  const answer = await ask(`${question} [y/N] `);
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return;
  const exit = answer === undefined ? exitCodes.interrupted : exitCodes.failed;
  throw new UserError("not-confirmed", "nothing was changed", { exit });
}
