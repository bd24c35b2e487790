/** The value of --timeout. */
import { UserError, exitCodes } from "../errors.ts";
import { parseDuration } from "../model/duration.ts";

const timeoutMsMin = 1000;
const timeoutMsMax = 86_400_000;

/** Milliseconds within what the API takes. Throws `duration-invalid` and `timeout-invalid`. */
export function parseTimeout(text: string): number {
  const ms = parseDuration(text, "timeout");
  if (ms >= timeoutMsMin && ms <= timeoutMsMax) return Math.round(ms);
  throw new UserError("timeout-invalid", `the timeout "${text}" is outside what is possible`, {
    exit: exitCodes.usage,
    hints: [["form", "from 1s to 1d"]],
  });
}
