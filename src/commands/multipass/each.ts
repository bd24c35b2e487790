/** One piece of work for each of several instances, at once; what fails is told at the end. */
import { failureText } from "./failures.ts";
import { failedForSeveral, multipassExit, Stop } from "./stop.ts";

/** Answers exit 0. Throws the first `Stop`, or one with all failures. */
export async function eachOf<Item>(
  verb: string,
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<number> {
  const results = await Promise.allSettled(items.map(work));
  const errors = results.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  const stop = errors.find((error) => error instanceof Stop);
  if (stop) throw stop;
  if (errors.length > 0) throw failedForSeveral(verb, errors.map(failureText));
  return multipassExit.ok;
}
