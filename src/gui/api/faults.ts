/** What goes wrong between the page and its daemon, as errors that the page can tell apart. */
import { exitCodes, UserError } from "../../errors.ts";

export const goneCode = "daemon-gone";
export const endedCode = "session-ended";

export const isCode = (error: unknown, code: string): boolean => error instanceof UserError && error.code === code;

export const gone = (cause: unknown): UserError =>
  new UserError(goneCode, "the daemon does not answer", {
    exit: exitCodes.unreachable,
    hints: [["next", "strata daemon status"]],
    cause,
  });

/** Tried again like a daemon that is gone: it may come back. */
export const foreign = (status: number): UserError =>
  new UserError(goneCode, `what answers at this address (HTTP ${status}) does not prove to be the daemon`, {
    exit: exitCodes.unreachable,
    hints: [["next", "strata daemon status"]],
  });

export const ended = (): UserError =>
  new UserError(endedCode, "this window's session has ended", {
    exit: exitCodes.refused,
    hints: [["next", "strata gui"]],
  });

export const oddAnswer = (status: number): UserError =>
  new UserError("answer-invalid", `the daemon answered HTTP ${status} without a reason`, {
    exit: exitCodes.unreachable,
  });

/** fetch says TypeError for every trouble of the connection; an abort stays what it is. */
export function translated(error: unknown): never {
  if (error instanceof UserError || (error instanceof DOMException && error.name === "AbortError")) throw error;
  throw gone(error);
}
