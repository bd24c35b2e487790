/** The option --timeout of verbs that wait for a guest or for the daemon. */
import { value } from "../command.ts";
import type { MultipassContext } from "./context.ts";
import { Stop, lineError, multipassExit } from "./stop.ts";

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

/** What `work` answers, if that is within the time of the line. Throws `Stop` with exit 5 otherwise; `work` goes on unheard. */
export async function within<Value>(
  { clock }: Pick<MultipassContext, "clock">,
  { ms, text }: { readonly ms: number | undefined; readonly text: string },
  work: Promise<Value>,
): Promise<Value> {
  if (ms === undefined) return work;
  const late = clock.sleep(ms).then((): never => {
    throw new Stop(text, multipassExit.timeout);
  });
  // The loser of the race has nobody who hears of its failure.
  late.catch(() => undefined);
  work.catch(() => undefined);
  return Promise.race([work, late]);
}
