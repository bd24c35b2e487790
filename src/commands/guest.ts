/** exec and shell return the guest's code; strata's own failure there is 125, so that the two cannot be confused. */
import { UserError, exitCodes } from "../errors.ts";
import { list, text } from "./command.ts";
import type { Context, SessionRequest } from "./context.ts";

/** Options of everything that runs inside; the caller's own environment stays outside. */
export const guestOptions = {
  "working-directory": text("PATH", "where in the guest to start (its home)", "d"),
  env: list("NAME=VALUE", "a variable for it; may be given several times", parseVariable, "e"),
};

/** What the options say about the session. */
export function surroundings(options: {
  readonly "working-directory": string | undefined;
  readonly env: readonly (readonly [string, string])[];
}): Pick<SessionRequest, "directory" | "environment"> {
  const directory = options["working-directory"];
  return { environment: Object.fromEntries(options.env), ...(directory !== undefined && { directory }) };
}

function parseVariable(given: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(given) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new UserError("variable-invalid", `"${given}" is not a variable`, {
    exit: exitCodes.usage,
    hints: [["form", "NAME=VALUE; the name has letters, digits and _, and starts with no digit"]],
  });
}

/** A reader of the output that went away is how `| head` ends; no complaint, the shell's code for it. */
export const closedCode = "output-closed";
export const closedExit = 141;

/** Codes that mean the same here as everywhere. */
const kept = [exitCodes.commandNotFound, exitCodes.interrupted];

export async function runInGuest(context: Context, request: SessionRequest): Promise<number> {
  try {
    return await asGuest(() => context.session.open(request));
  } catch (error) {
    if (error instanceof UserError && error.code === closedCode) return closedExit;
    throw error;
  }
}

/** Gives what strata itself fails with the exit code for that. */
export async function asGuest<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const exit = kept.find((each) => each === error.exit) ?? exitCodes.guestSide;
    throw new UserError(error.code, error.message, { hints: error.hints, exit, cause: error.cause });
  }
}
