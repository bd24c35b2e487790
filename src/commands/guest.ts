/** exec and shell return the guest's code; strata's own failure there is 125, so that the two cannot be confused. */
import { UserError, exitCodes } from "../errors.ts";
import type { Context, SessionRequest } from "./context.ts";

/** A reader of the output that went away is how `| head` ends; no complaint, the shell's code for it. */
const closedCode = "output-closed";
const closedExit = 141;

/** Codes that mean the same here as everywhere. */
const kept = [exitCodes.commandNotFound, exitCodes.interrupted];

export async function runInGuest(context: Context, request: SessionRequest): Promise<number> {
  try {
    return await context.session.open(request);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.code === closedCode) return closedExit;
    const exit = kept.find((each) => each === error.exit) ?? exitCodes.guestSide;
    throw new UserError(error.code, error.message, { hints: error.hints, exit, cause: error.cause });
  }
}
