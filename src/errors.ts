/** Expected failures (code, hints, exit code, HTTP status) and the assertion for bugs; everything else is a bug. */

/** Process exit codes of the command line (`strata help exit-codes`). */
export const exitCodes = {
  ok: 0,
  usage: 1,
  failed: 2,
  unreachable: 3,
  refused: 4,
  timeout: 5,
  log: 6,
  guestTimeout: 124,
  guestSide: 125,
  commandNotFound: 127,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** One line under an error: `label  text`, for example `["next", "strata find"]`. At most three are shown. */
export type Hint = readonly [label: string, text: string];

export interface UserErrorOptions {
  hints?: readonly Hint[];
  /** Defaults to `failed` (2). */
  exit?: ExitCode;
  cause?: unknown;
}

/** A failure that a user can meet. `code` is stable and kebab-case; `message` says what is wrong, where, and the allowed form. */
export class UserError extends Error {
  readonly code: string;
  readonly hints: readonly Hint[];
  readonly exit: ExitCode;

  constructor(code: string, message: string, options: UserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "UserError";
    this.code = code;
    this.hints = options.hints ?? [];
    this.exit = options.exit ?? exitCodes.failed;
  }
}

/** Stops the work loudly when our own reasoning is wrong. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new Error(`bug: ${invariant}`);
}

/** Closes an exhaustive switch: reaching it is a type error first and a bug second. */
export function unreachable(value: never): never {
  throw new Error(`bug: unexpected value ${JSON.stringify(value)}`);
}

/** The message of anything thrown, for a log line or a recorded reason. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
