/** What the daemon and strata's own pieces say, in the reference's words and exit codes. */
import { UserError, exitCodes, messageOf } from "../../errors.ts";
import { Stop, failed, multipassExit } from "./stop.ts";

/** Codes whose message the reference has its own words for. */
const words: Readonly<Record<string, string>> = {
  "access-refused": "multipass socket access denied",
  "directory-closed": "multipass socket access denied",
};

/** Codes whose message says more than the reference does. */
const rewritten: Readonly<Record<string, (message: string) => string>> = {
  "instance-exists": (message) => message.replace(/, in the trash$/, ""),
};

/** Throws what is a bug. */
export function inTheirWords(error: unknown, verb: string): Stop {
  if (error instanceof Stop) return error;
  if (!(error instanceof UserError)) throw error;
  if (error.code === "output-closed") return new Stop("", multipassExit.failed);
  if (error.exit === exitCodes.interrupted) return new Stop(error.message, multipassExit.interrupted);
  return failed(verb, failureText(error));
}

/** The message of a failure, as it stands behind `VERB failed: `. */
export function failureText(error: unknown): string {
  if (!(error instanceof UserError)) return messageOf(error);
  const known = words[error.code];
  if (known !== undefined) return known;
  if (error.exit === exitCodes.unreachable) return "cannot connect to the multipass socket";
  return rewritten[error.code]?.(error.message) ?? error.message;
}
