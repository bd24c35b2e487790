/** Makes raw arguments safe for cac: finds the verb, unbundles options, and marks every word so that none is taken for a number or an option. */
import { UserError, exitCodes } from "../errors.ts";
import { nearest } from "../model/name.ts";
import { optionHabits } from "./habits.ts";
import type { Option, Options } from "../model/verb.ts";

/** Stands before each value and word on its way through cac, which would turn `007` to 7, `1e3` to 1000 and drop an empty text. */
const mark = ":";
export const unmark = (word: unknown): string => String(word).slice(mark.length);

export interface Prepared {
  /** Words that are not options, in order, marked. */
  readonly words: string[];
  /** `--name=:value` and `--flag`. */
  readonly options: string[];
  /** What belongs to the guest, untouched. */
  readonly guest: string[];
}

export interface Grammar {
  readonly options: Options;
  /** The number of own words after which the rest is the guest's; undefined: all words are own. */
  readonly ownWords?: number;
}

/** Options before the verb, the verb, and what follows it. `globals` are the options that may stand before. */
export function splitVerb(
  argv: readonly string[],
  globals: Options,
): { before: string[]; verb: string | undefined; after: string[] } {
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--" || !isOption(word)) break;
    if (takesNext(word, globals)) index += 1;
  }
  return {
    before: argv.slice(0, index),
    verb: argv[index] === "--" ? undefined : argv[index],
    after: argv.slice(index + 1),
  };
}

/** Throws `option-unknown`, `option-value-missing` and `option-value-unwanted`. */
export function prepare(argv: readonly string[], grammar: Grammar): Prepared {
  const prepared: Prepared = { words: [], options: [], guest: [] };
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    const isFull = grammar.ownWords !== undefined && prepared.words.length >= grammar.ownWords;
    if (word === "--") {
      takeRest(argv.slice(index + 1), prepared, grammar);
      break;
    }
    if (isOption(word)) {
      const isNextUsed = takeOption(word, argv[index + 1], prepared.options, grammar.options);
      if (isNextUsed) index += 1;
    } else if (isFull) {
      prepared.guest.push(...argv.slice(index));
      break;
    } else prepared.words.push(mark + word);
  }
  return prepared;
}

/** A lone `-` is a word. */
export const isOption = (word: string) => word.startsWith("-") && word !== "-";

/** After `--` nothing is an option; own words that are still missing come first. */
function takeRest(rest: readonly string[], prepared: Prepared, grammar: Grammar): void {
  const own = grammar.ownWords === undefined ? rest.length : Math.max(0, grammar.ownWords - prepared.words.length);
  prepared.words.push(...rest.slice(0, own).map((word) => mark + word));
  prepared.guest.push(...rest.slice(own));
}

/** Adds one argument's options (`--name=x`, `--name x`, `-n x`, `-nx`, `-qn x`); true when the next argument was its value. */
function takeOption(word: string, next: string | undefined, out: string[], options: Options): boolean {
  if (word.startsWith("--")) {
    const [name = "", attached] = splitOnce(word.slice(2));
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option) throw unknownOption(`--${name}`, options);
    return add(`--${name}`, name, option, attached, next, out);
  }
  for (let index = 1; index < word.length; index++) {
    const letter = word[index] ?? "";
    const [name, option] = Object.entries(options).find(([, candidate]) => candidate.short === letter) ?? [];
    if (name === undefined || !option) throw unknownOption(`-${letter}`, options);
    const attached = word.slice(index + 1).replace(/^=/, "");
    if (option.kind !== "flag")
      return add(`-${letter}`, name, option, attached === "" ? undefined : attached, next, out);
    out.push(`--${name}`);
  }
  return false;
}

function add(
  shown: string,
  name: string,
  option: Option,
  attached: string | undefined,
  next: string | undefined,
  out: string[],
): boolean {
  if (option.kind === "flag") {
    if (attached !== undefined) throw usage("option-value-unwanted", `option ${shown} takes no value`);
    out.push(`--${name}`);
    return false;
  }
  const given = attached ?? next;
  if (given === undefined || (attached === undefined && given === "--"))
    throw usage("option-value-missing", `option ${shown} needs a value: ${shown} ${option.placeholder}`);
  out.push(`--${name}=${mark}${given}`);
  return attached === undefined;
}

/** Does this option, written without a value, take the next word? */
export function takesNext(word: string, options: Options): boolean {
  const isLong = word.startsWith("--");
  if (word.includes("=")) return false;
  const last = word.at(-1) ?? "-";
  const option = isLong ? options[word.slice(2)] : Object.values(options).find(({ short }) => short?.includes(last));
  return option !== undefined && option.kind !== "flag";
}

export function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The option that was meant: by a habit, by its spelling, or by its letter when one flag alone begins with it. */
function unknownOption(shown: string, options: Options): UserError {
  const names = Object.keys(options);
  const name = shown.replace(/^-+/, "");
  const habit = Object.hasOwn(optionHabits, name) ? optionHabits[name] : undefined;
  const begun = names.filter((candidate) => candidate.startsWith(name) && options[candidate]?.kind === "flag");
  const spelled = shown.startsWith("--") ? nearest(name, names) : begun.length === 1 ? begun[0] : undefined;
  // `--memory`, where the switch is `--with-memory`.
  const ended = names.find((candidate) => candidate.endsWith(`-${name}`));
  const close = habit !== undefined && names.includes(habit) ? habit : (spelled ?? ended);
  return usage("option-unknown", `unknown option ${shown}`, close);
}

function usage(code: string, message: string, close?: string): UserError {
  return new UserError(code, message, {
    exit: exitCodes.usage,
    hints: close === undefined ? [] : [["did you mean", `--${close}`]],
  });
}
