/** What may stand where the cursor is: from the same verb definitions as parser and help, with live names looked up. */
import { usageLine } from "../model/verb.ts";
import type { Argument, Completes, Option, Options, VerbText } from "../model/verb.ts";
import { isOption, splitOnce, splitVerb, takesNext } from "./arguments.ts";
import { commonOptions } from "./command.ts";
import type { Verb } from "./command.ts";
import { beforeVerb } from "./parse.ts";
import { topics } from "./topics.ts";

export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What can be typed under one name of the program. */
export interface Surface {
  readonly verbs: readonly CompletedVerb[];
  /** Options that may stand before the verb, and those of every verb. */
  readonly before: Options;
  readonly common: Options;
  /** Names that stand in a verb's place, besides verbs. */
  readonly besides?: Completes;
  /** What help can be asked on. */
  readonly topics: readonly Candidate[];
}

export interface CompletedVerb extends Pick<VerbText, "name" | "aliases" | "summary" | "options" | "guestWords"> {
  readonly arguments: readonly Pick<Argument, "choices" | "completes" | "many">[];
}

/** Of strata's own name. */
export const surfaceOf = (verbs: readonly Verb[]): Surface => ({
  verbs,
  before: beforeVerb,
  common: commonOptions,
  topics: [
    ...verbs.map((verb) => ({ word: verb.name, about: usageLine(verb) })),
    ...topics.map(({ name, summary }) => ({ word: name, about: summary })),
  ],
});

/** Live names of a kind. */
export type LookUp = (what: Completes) => Promise<readonly Candidate[]>;

/** Candidates for the last of `words` (what follows the program's name on the line, the one under the cursor last, maybe empty). */
export async function complete(
  words: readonly string[],
  surface: Surface,
  lookUp: LookUp,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? "";
  const found = await candidates(words.slice(0, -1), typed, surface, lookUp);
  return found.filter(({ word }) => word.startsWith(typed));
}

async function candidates(
  before: readonly string[],
  typed: string,
  surface: Surface,
  lookUp: LookUp,
): Promise<readonly Candidate[]> {
  const { verb: name, before: first, after } = splitVerb(before, surface.before);
  if (name === undefined) return beforeTheVerb(first, typed, surface, lookUp);
  const verb = surface.verbs.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
  if (!verb) return [];
  const options = { ...verb.options, ...surface.common };
  const place = placeAfter(after, options, verb.guestWords === true);
  if (place.kind === "guest") return [];
  if (place.kind === "value") return valuesOf(place.option, lookUp);
  if (!place.isLiteral && isOption(typed)) return optionsOf(typed, options, after, lookUp);
  return wordsAt(verb, place.words, surface, lookUp);
}

async function beforeTheVerb(
  first: readonly string[],
  typed: string,
  { verbs, before, besides }: Surface,
  lookUp: LookUp,
): Promise<readonly Candidate[]> {
  const pending = optionTaking(first.at(-1), before);
  if (pending) return valuesOf(pending, lookUp);
  if (isOption(typed)) return optionsOf(typed, before, first, lookUp);
  const others = besides === undefined ? [] : await lookUp(besides);
  return [...verbs.map(({ name, summary }) => ({ word: name, about: summary })), ...others];
}

type Place =
  | { readonly kind: "guest" }
  | { readonly kind: "value"; readonly option: Option }
  | { readonly kind: "word"; readonly words: readonly string[]; readonly isLiteral: boolean };

/** What the cursor's word is, after these words of the verb. */
function placeAfter(after: readonly string[], options: Options, hasGuestWords: boolean): Place {
  const words: string[] = [];
  let isLiteral = false;
  for (let index = 0; index < after.length; index++) {
    const word = after[index] ?? "";
    if (hasGuestWords && words.length > 0 && (isLiteral || !isOption(word))) return { kind: "guest" };
    if (isLiteral || !isOption(word)) words.push(word);
    else if (word === "--") isLiteral = true;
    else {
      const option = optionTaking(word, options);
      if (option && ++index === after.length) return { kind: "value", option };
    }
  }
  return hasGuestWords && isLiteral && words.length > 0 ? { kind: "guest" } : { kind: "word", words, isLiteral };
}

/** The option of `word` when its value is the next word. */
function optionTaking(word: string | undefined, options: Options): Option | undefined {
  if (word === undefined || !takesNext(word, options)) return undefined;
  if (word.startsWith("--")) return options[word.slice(2)];
  return Object.values(options).find(({ short }) => short?.includes(word.at(-1) ?? "-"));
}

async function valuesOf(option: Option, lookUp: LookUp): Promise<readonly Candidate[]> {
  if (option.kind === "flag") return [];
  if (option.choices) return option.choices.map((word) => ({ word, about: "" }));
  return option.completes === undefined ? [] : lookUp(option.completes);
}

/** Options that are not given yet, or the values of `--name=`. */
async function optionsOf(
  typed: string,
  options: Options,
  given: readonly string[],
  lookUp: LookUp,
): Promise<readonly Candidate[]> {
  const [name, value] = splitOnce(typed);
  const option = value === undefined ? undefined : options[name.slice(2)];
  if (option) return (await valuesOf(option, lookUp)).map(({ word, about }) => ({ word: `${name}=${word}`, about }));
  const used = new Set(given.map((word) => splitOnce(word)[0]));
  return Object.entries(options)
    .filter(([key, { kind }]) => kind === "list" || !used.has(`--${key}`))
    .map(([key, { about }]) => ({ word: `--${key}`, about }));
}

async function wordsAt(
  verb: CompletedVerb,
  words: readonly string[],
  { topics: pages }: Surface,
  lookUp: LookUp,
): Promise<readonly Candidate[]> {
  const isMany = verb.arguments.some(({ many }) => many);
  const argument = verb.arguments[words.length] ?? (isMany ? verb.arguments.at(-1) : undefined);
  if (!argument) return [];
  if (argument.choices) return argument.choices.map((word) => ({ word, about: "" }));
  if (argument.completes === "topic") return pages;
  const found = argument.completes === undefined ? [] : await lookUp(argument.completes);
  return found.filter(({ word }) => !words.includes(word));
}
