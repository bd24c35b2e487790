/** A verb of the command line as said once for the parser, the help and the man page. */

/** What completion looks up for a word or a value: live names, asked of a daemon that runs; `topic` is known without one, `place` is a running instance with a colon, `alias` a name that stands for a command; `session` is one of the window. */
export type Completes =
  | "instance"
  | "running"
  | "place"
  | "stopped"
  | "deleted"
  | "image"
  | "setting"
  | "assignment"
  | "operation"
  | "pending-operation"
  | "topic"
  | "alias"
  | "session";

/** An option that is given or not. */
export interface Flag {
  readonly kind: "flag";
  readonly short?: string;
  readonly about: string;
}

/** An option with a value; given twice, the last counts. `parse` throws a UserError that names the allowed form. */
export interface ValueOption<Value> {
  readonly kind: "value";
  readonly short?: string;
  readonly placeholder: string;
  readonly about: string;
  readonly parse: (text: string) => Value;
  /** For completion: the values there are, or where to look them up. */
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

/** An option with a value that may be given several times; all count, in order. */
export interface ListOption<Value> extends Omit<ValueOption<Value>, "kind"> {
  readonly kind: "list";
}

export type Option = Flag | ValueOption<unknown> | ListOption<unknown>;
export type Options = Readonly<Record<string, Option>>;

export interface Argument {
  /** In capitals, as help prints it. */
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
  readonly many: boolean;
  /** The words that may stand here; others are a usage error with a suggestion. */
  readonly choices?: readonly string[];
  /** For completion: what names stand here. */
  readonly completes?: Completes;
}

/** Groups of `strata help`, in this order. */
export const groups = ["instances", "inside", "history", "networks", "images and settings", "strata itself"] as const;
export type Group = (typeof groups)[number];

export interface Example {
  readonly line: string;
  readonly about: string;
}

/** Everything about a verb but what it does. */
export interface VerbText {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly group: Group;
  /** Imperative, no full stop. */
  readonly summary: string;
  /** Paragraphs of its help page. */
  readonly about?: readonly string[];
  readonly arguments: readonly Argument[];
  readonly options: Options;
  readonly examples: readonly Example[];
  /** Exit codes that it gives a meaning of its own, beyond 0, 1, 2 and 3. */
  readonly exits?: readonly (readonly [code: number | string, meaning: string])[];
  /** What was meant when there are too many words, or too few: the words of the line that does it. */
  readonly instead?: (words: readonly string[]) => readonly string[] | undefined;
  /** Words from the second on belong to the guest and are not looked at. */
  readonly guestWords?: boolean;
}

/** `strata launch [IMAGE]` */
export function usageLine(verb: Pick<VerbText, "name" | "arguments">): string {
  const words = verb.arguments.map(({ name, required, many }) => {
    const shown = many ? `${name}...` : name;
    return required ? shown : `[${shown}]`;
  });
  return ["strata", verb.name, ...words].join(" ");
}
