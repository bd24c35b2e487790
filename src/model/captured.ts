/** A command that ran in a guest, with what it wrote. */

export interface Captured {
  /** Name of the instance. */
  readonly instance: string;
  /** Id of the session, as the log has it. */
  readonly session: string;
  /** For the shell that called us. */
  readonly code: number;
  /** The one that ended the command, without `SIG`. */
  readonly signal?: string;
  readonly isTimedOut: boolean;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
}

export interface CapturedOutput {
  /** The first of them. */
  readonly bytes: Uint8Array;
  /** So many were written. */
  readonly allBytes: number;
}
