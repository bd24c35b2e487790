/** The option --timeout of verbs that wait for a guest or for the daemon. */
import { value } from "../command.ts";
import { lineError } from "./stop.ts";

/** Seconds; more is no wait that anybody means (and a day is what the API takes). */
const secondsMax = 86_400;

export const timeoutOption = {
  timeout: value(
    "timeout",
    "Seconds to wait at most for the command to end. What was begun goes on all the same.",
    parseSeconds,
  ),
};

/** Milliseconds of a text in whole seconds. */
function parseSeconds(text: string): number {
  const seconds = /^\+?\d+$/.test(text) ? Number(text) : 0;
  if (seconds < 1) throw lineError("error: --timeout value has to be a positive integer");
  return Math.min(seconds, secondsMax) * 1000;
}

export const timeoutMs = (ms: number | undefined): { timeoutMs?: number } =>
  ms === undefined ? {} : { timeoutMs: ms };
