/** Arguments and options that several verbs share. */
import { flag } from "../command.ts";
import { lineError } from "./stop.ts";

export const namesArgument = {
  name: "name",
  about: "Names of instances. Without any: the primary instance (client.primary-name), unless it is disabled.",
  completes: "instance",
} as const;

export const allFlag = { all: flag("All instances that there are") };

/** For verbs that take no words. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw lineError("This command takes no arguments");
}
