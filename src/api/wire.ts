/** Errors on the wire: `{"error":{code,message,hints,exit}}`, the same for client and server. */
import { UserError, exitCodes } from "../errors.ts";
import type { ExitCode, Hint } from "../errors.ts";

export interface WireError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hints: readonly Hint[];
    readonly exit: ExitCode;
  };
}

const hintsMax = 3;
const known = new Set<unknown>(Object.values(exitCodes));
const isExitCode = (value: unknown): value is ExitCode => known.has(value);
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isHint = (value: unknown): value is Hint =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");

/** What a client may know of `error`: an expected failure whole, a bug only as such (its stack belongs to the daemon's log). */
export function toWire(error: unknown): WireError {
  if (error instanceof UserError) {
    const { code, message, hints, exit } = error;
    return { error: { code, message, hints: hints.slice(0, hintsMax), exit } };
  }
  const message = "the daemon met a bug and stopped this request";
  return { error: { code: "internal", message, hints: [["why", "its log has the details"]], exit: exitCodes.failed } };
}

/** The error in an answer's body, or undefined when it holds none. Unknown parts fall back to a plain failure. */
export function fromWire(body: unknown): UserError | undefined {
  if (!isRecord(body) || !isRecord(body["error"])) return undefined;
  const { code, message, hints, exit } = body["error"];
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return new UserError(code, message, {
    hints: Array.isArray(hints) ? hints.filter(isHint).slice(0, hintsMax) : [],
    exit: isExitCode(exit) ? exit : exitCodes.failed,
  });
}

const statusOf: Partial<Record<ExitCode, number>> = {
  [exitCodes.usage]: 400,
  [exitCodes.refused]: 403,
  [exitCodes.timeout]: 504,
  [exitCodes.log]: 503,
};

/** Every status of a failed call. */
export const statuses: readonly number[] = [...new Set([404, 409, 500, ...Object.values(statusOf)])].sort();

/** The HTTP status of an answer that carries `error`; for people with curl, since clients read the body. */
export function httpStatus(error: unknown): number {
  if (!(error instanceof UserError)) return 500;
  if (error.code.endsWith("-not-found")) return 404;
  return statusOf[error.exit] ?? 409;
}
