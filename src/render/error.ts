/** Errors for people: `error: WHAT [code]` and at most three lines under it. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { printable } from "./text.ts";

const hintsMax = 3;
const labelWidthMin = 12;

/** The lines for any thrown value. `debug` adds the stack of one that was not expected. */
export function errorLines(error: unknown, debug: boolean): string[] {
  if (error instanceof UserError) {
    const stack = debug && error.cause instanceof Error ? [error.cause.stack ?? ""] : [];
    return [`error: ${printable(error.message)} [${error.code}]`, ...hintLines(error.hints), ...stack];
  }
  const message = error instanceof Error ? error.message : String(error);
  const what = message.replace(/^bug: /, "");
  if (debug)
    return [`error: bug in strata: ${printable(what)} [bug]`, error instanceof Error ? (error.stack ?? "") : ""];
  return [
    `error: bug in strata: ${printable(what)} [bug]`,
    ...hintLines([
      ["report", "this line, the command, and the output of strata version"],
      ["next", "again with STRATA_DEBUG=1 for the place in the program"],
    ]),
  ];
}

/** `  label         text`: the text starts in one column. */
export function hintLines(hints: readonly Hint[]): string[] {
  const shown = hints.slice(0, hintsMax);
  const width = Math.max(labelWidthMin, ...shown.map(([label]) => label.length));
  return shown.map(([label, text]) => `  ${printable(label).padEnd(width)}  ${printable(text)}`);
}

/** The exit code that any thrown value stands for. */
export const exitCodeOf = (error: unknown): number => (error instanceof UserError ? error.exit : exitCodes.failed);
