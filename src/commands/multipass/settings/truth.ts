/** True and false, in the words that the reference takes for them. */
import { daemonInvalid } from "./faults.ts";
import type { Assignment } from "./faults.ts";

/** Throws `Stop`. */
export function readTruth(assignment: Assignment): boolean {
  const word = assignment.value.toLowerCase();
  if (["true", "on", "yes", "1"].includes(word)) return true;
  if (["false", "off", "no", "0"].includes(word)) return false;
  throw daemonInvalid(assignment, 'Invalid value, try "true" or "false"');
}
