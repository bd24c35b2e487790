/** The shape of a verb under the name of multipass: what its parser, its help and its completion read, and what it does. */
import type { Argument, Options, VerbText } from "../../model/verb.ts";
import type { Values } from "../command.ts";
import { flag } from "../command.ts";
import type { Alias, MultipassContext } from "./context.ts";

export interface MultipassText extends Pick<VerbText, "name" | "aliases" | "summary" | "options"> {
  /** What its page says under the usage. */
  readonly about: string;
  /** What follows `multipass VERB [options]`: `[<name> ...]`. */
  readonly syntax: string;
  readonly arguments: readonly Pick<Argument, "name" | "about" | "completes">[];
  /** Options that no page shows. */
  readonly hidden?: readonly string[];
  /** What is said besides, when an option is unknown. `isAlias`: the line is that of an alias. */
  readonly onBadOption?: (argv: readonly string[], isAlias: boolean) => string | undefined;
}

export interface MultipassInput<Given extends Options> {
  readonly words: readonly string[];
  readonly options: Values<Given>;
  /** What was typed in place of exec. */
  readonly alias?: Alias | undefined;
}

/** A verb whose options are known only by name, as the parser sees it. */
export interface MultipassVerb extends MultipassText {
  /** Resolves with the exit code. Throws `Stop`, and what the API throws. */
  readonly run: (
    context: MultipassContext,
    input: {
      readonly words: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
      readonly alias?: Alias | undefined;
    },
  ) => Promise<number>;
}

/** Gives a verb to the table; its `run` sees typed options. */
export function defineMultipassVerb<const Given extends Options>(
  spec: MultipassText & {
    readonly options: Given;
    readonly run: (context: MultipassContext, input: MultipassInput<Given>) => Promise<number>;
  },
): MultipassVerb {
  // The parser fills every option of the spec with what its own `parse` returned, so the narrower input is the true one.
  return { ...spec, run: (context, input) => spec.run(context, input as unknown as MultipassInput<Given>) };
}

/** Options of every verb, and of the line before it. */
export const globalOptions = {
  help: flag("Show this page", "h"),
  verbose: flag(
    "Say more in the logs. Repeat the 'v' in the short form to hear more still, up to four times: -vvvv",
    "v",
  ),
  version: flag("the same as the command version", "V"),
} satisfies Options;

/** Options that no page shows, of every verb. */
export const globalHidden = ["version"] as const;
