/** A place in the log as an option's value. */
import { UserError, exitCodes } from "../errors.ts";

/** Throws `position-invalid`. */
export function parsePosition(text: string): number {
  const position = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(position)) return position;
  throw new UserError("position-invalid", `"${text}" is not a position in the log`, {
    exit: exitCodes.usage,
    hints: [["form", "a whole number, as in the field position of an event"]],
  });
}
