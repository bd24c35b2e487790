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

const header = "The following errors occurred:";

/** What is wrong with the instances that a line names: the daemon of the reference puts a line above it, even if it is one. */
export const failedForSelection = (verb: string, faults: readonly string[]): Stop =>
  failed(verb, [header, ...faults].join("\n"));

/** What went wrong with instances that were found, with the line above where it is more than one. */
export function failedForSeveral(verb: string, messages: readonly string[]): Stop {
  const [only = ""] = messages;
  return messages.length === 1 ? failed(verb, only) : failedForSelection(verb, messages);
}
