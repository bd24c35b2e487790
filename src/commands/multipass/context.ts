/** What the verbs of this personality may touch besides the Context of strata's own: a terminal to ask at, a spinner's timer, aliases. */
import type { CloudInitText, Context } from "../context.ts";

export type { CloudInitText } from "../context.ts";

export interface MultipassContext extends Context {
  /** Both standard input and output are terminals: there is somebody to ask. */
  readonly isLive: boolean;
  /** A question on the terminal, answered with a line; undefined: the terminal was closed. */
  ask(question: string): Promise<string | undefined>;
  /** The same, with what is typed not shown. */
  askHidden(question: string): Promise<string | undefined>;
  /** Calls `tick` every `ms` until the answer is called. */
  every(ms: number, tick: () => void): () => void;
  /** Of this user. */
  readonly home: string;
  /** Now, as a line of a log has it: local time with milliseconds. */
  logTime(): string;
  readonly aliases: AliasBook;
  /** A recorded time in full, in this user's time zone: `Sat Nov 28 00:01:17 2026 UTC`. */
  fullTime(time: string): string;
  /** As `cloudInit`, of a text that need not say in its first line what it is. */
  cloudConfig(source: string): Promise<CloudInitText>;
}

/** An alias: a command of an instance under a name of its own. */
export interface Alias {
  readonly instance: string;
  readonly command: string;
  readonly "working-directory": "map" | "default";
}

/** The form of the reference's multipass_aliases.json. */
export interface Aliases {
  readonly "active-context": string;
  readonly contexts: Readonly<Record<string, Readonly<Record<string, Alias>>>>;
}

/** Aliases are this user's, and so are the scripts that stand for them on PATH. */
export interface AliasBook {
  /** Throws `client-file-invalid`. */
  read(): Aliases;
  /**
   * Replaces all, and makes the scripts what the aliases say: `name`, and `context.name`. Answers the scripts that could not be taken
   * away. Throws `alias-script-not-made`, with nothing changed.
   */
  write(aliases: Aliases): readonly ScriptFault[];
  /** Where the scripts are; `isOnPath`: a shell finds them. */
  readonly scripts: { readonly directory: string; readonly isOnPath: boolean };
}

export interface ScriptFault {
  /** The file's name. */
  readonly script: string;
  readonly why: string;
}
