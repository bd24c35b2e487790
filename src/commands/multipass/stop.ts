/** What ends a command early: a text for one of its outputs, and the exit code that the reference gives it. */

export const multipassExit = { ok: 0, commandLine: 1, failed: 2, timeout: 5, interrupted: 130, session: 255 } as const;
export type MultipassExit = (typeof multipassExit)[keyof typeof multipassExit];

export class Stop extends Error {
  readonly exit: MultipassExit;
  readonly stream: "stdout" | "stderr";

  /** `text` is written as it is, with a line's end behind it. */
  constructor(text: string, exit: MultipassExit, stream: "stdout" | "stderr" = "stderr") {
    super(text);
    this.name = "Stop";
    this.exit = exit;
    this.stream = stream;
  }
}

/** The line itself is wrong. */
export const lineError = (text: string): Stop => new Stop(text, multipassExit.commandLine);

/** `stop failed: MESSAGE` */
export const failed = (verb: string, message: string): Stop =>
  new Stop(`${verb} failed: ${message}`, multipassExit.failed);

/** Several at once, as the daemon of the reference puts them together. */
export function failedForSeveral(verb: string, messages: readonly string[]): Stop {
  const [only = ""] = messages;
  return failed(verb, messages.length === 1 ? only : ["The following errors occurred:", ...messages].join("\n"));
}
