/** How long an instance is made for. */
import { UserError, exitCodes } from "../errors.ts";
import { parseDuration } from "./duration.ts";

const lifetimeMsMin = 1_000;
/** Ten years. */
export const lifetimeMsMax = 3_650 * 86_400_000;

/** Milliseconds within what the API takes. Throws `duration-invalid` and `lifetime-invalid`. */
export function parseLifetime(text: string): number {
  const ms = parseDuration(text, "lifetime");
  if (ms >= lifetimeMsMin && ms <= lifetimeMsMax) return Math.round(ms);
  throw new UserError("lifetime-invalid", `the lifetime "${text}" is outside what is possible`, {
    exit: exitCodes.usage,
    hints: [["form", "from 1s to 3650d"]],
  });
}
