/** What a guest's part in a mount came to, in words. */
import { UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { GuestChannel, GuestExit } from "../../guest/channel.ts";
import type { Ran } from "../../guest/run.ts";

/** Starts a command in the guest. */
export type Enter = (instance: InstanceState, words: readonly string[], signal: AbortSignal) => Promise<GuestChannel>;

/** Of those that hold a mount. */
const holdersShown = 5;

export const exitText = (exit: GuestExit): string =>
  "lost" in exit ? exit.lost : "signal" in exit ? `signal ${exit.signal}` : `exit code ${exit.code}`;

export const lastWords = ({ exit, stderr }: Ran): string => stderr.trim().split("\n").at(-1) || exitText(exit);

/** `PID NAME` a line: who holds a mount; none where nobody is named. */
export const holdersIn = ({ stdout }: Ran): string[] => [...new Set(stdout.trim().split("\n").filter(Boolean))];

/** `also`: another way out. */
export function busy(
  target: string,
  instance: string,
  holders: readonly string[],
  also: readonly (readonly [string, string])[] = [],
): UserError {
  const shown = holders.slice(0, holdersShown).map((line) => line.replace(/^(\d+) (.*)$/, "$2 ($1)"));
  const more = holders.length > shown.length ? ` and ${holders.length - shown.length} more` : "";
  return new UserError("mount-busy", `${target} is in use in "${instance}" by ${shown.join(", ")}${more}`, {
    hints: [["next", "end them, or leave the folder"], ["or", `strata umount --force ${instance}:${target}`], ...also],
  });
}
