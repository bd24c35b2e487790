/** From raw arguments to one verb with typed options: cac over prepared words, its complaints in our words. */
import { cac } from "cac";
import { UserError, exitCodes } from "../errors.ts";
import { nearest } from "../model/name.ts";
import { prepare, splitVerb, unmark } from "./arguments.ts";
import { usageLine } from "../model/verb.ts";
import type { Argument, Option, Options } from "../model/verb.ts";
import { commonOptions } from "./command.ts";
import type { Verb } from "./command.ts";
import { habitOf, habitWords } from "./habits.ts";
import { lineOf } from "../model/shell-line.ts";

export interface Parsed {
  readonly verb: Verb;
  readonly words: readonly string[];
  /** Every option of the verb by name, parsed; absent ones are false or undefined. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What may stand before the verb. */
export const beforeVerb: Options = { ...commonOptions, version: { kind: "flag", short: "V", about: "the version" } };

/** Undefined when there is no verb and nothing but help or version was asked for. Throws usage errors (exit 1). */
export function parse(argv: readonly string[], verbs: readonly Verb[]): Parsed | undefined {
  const { before, verb: word, after } = splitVerb(argv, beforeVerb);
  if (word === undefined) return shortcut(before, verbs);
  const verb = verbs.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (!verb) throw unknownVerb(word, after, verbs);
  const options: Options = { ...verb.options, ...commonOptions };
  const grammar = { options, ...(verb.guestWords && { ownWords: 1 }) };
  const prepared = prepare([...before, ...after], grammar);
  const isHelp = prepared.options.includes("--help");
  const matched = isHelp ? { words: [], options: { help: true } } : match(verb, options, prepared);
  const words = [...matched.words, ...prepared.guest];
  if (!isHelp) checkWords(verb, words, given(prepared));
  return { verb, words, options: typed(options, matched.options) };
}

/** What cac cannot see: the guest's words, and words that must be one of a few. */
function checkWords(verb: Verb, words: readonly string[], options: readonly string[]): void {
  if (verb.guestWords && words.length < verb.arguments.filter(({ required }) => required).length)
    throw countMismatch(verb, words, options);
  verb.arguments.forEach(({ choices, name }, index) => {
    const word = words[index];
    if (!choices || word === undefined || choices.includes(word)) return;
    const close = nearest(word, choices);
    throw new UserError("argument-invalid", `${verb.name} has no ${name.toLowerCase()} "${word}"`, {
      exit: exitCodes.usage,
      hints: [
        ...(close === undefined ? [] : [["did you mean", close] as const]),
        ["form", choices.join(", ")],
        ...(close === undefined ? [["next", `strata ${verb.name} ${choices[0]}`] as const] : []),
      ],
    });
  });
}

/** `strata --help`, `strata --version`, and `strata` alone. */
function shortcut(before: readonly string[], verbs: readonly Verb[]): Parsed | undefined {
  const given = prepare(before, { options: beforeVerb }).options;
  const name = given.includes("--version") ? "version" : given.includes("--help") ? "help" : undefined;
  const verb = verbs.find((candidate) => candidate.name === name);
  return verb && { verb, words: [], options: typed({ ...verb.options, ...commonOptions }, {}) };
}

/** Lets cac match the verb, collect the options and count the words. */
function match(verb: Verb, options: Options, prepared: { words: string[]; options: string[] }) {
  const cli = cac("strata");
  const command = cli.command(`${verb.name} ${brackets(verb)}`.trim(), verb.summary);
  for (const [name, option] of Object.entries(options)) command.option(rawName(name, option), option.about);
  let found: { words: string[]; options: Record<string, unknown> } | undefined;
  command.action(() => {
    found = { words: cli.args.map(unmark), options: cli.options };
  });
  try {
    // Words first: cac takes the word after a flag for the flag's value.
    cli.parse(["", "", verb.name, ...prepared.words, ...prepared.options], { run: true });
  } catch (error) {
    if (error instanceof Error && error.name === "CACError")
      throw countMismatch(verb, prepared.words.map(unmark), given(prepared));
    throw error;
  }
  return found ?? { words: [], options: {} };
}

/** cac's brackets for our arguments; it counts them only, and wants the one that stands for many last. What belongs to the guest never passes through cac. */
function brackets(verb: Verb): string {
  const own = verb.guestWords ? verb.arguments.slice(0, 1) : verb.arguments;
  return own
    .toSorted((a, b) => Number(a.many) - Number(b.many))
    .map(({ name, required, many }) => (required ? `<${many ? "..." : ""}${name}>` : `[${many ? "..." : ""}${name}]`))
    .join(" ");
}

/** Options as they can be typed again. */
const given = ({ options }: { options: readonly string[] }) => options.map((option) => option.replace("=:", "="));
const rawName = (name: string, option: Option) =>
  option.kind === "flag" ? `--${name}` : `--${name} <${option.placeholder}>`;
const camelCase = (name: string) => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function typed(options: Options, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const raw = given[camelCase(name)];
      if (option.kind === "flag") return [name, raw !== undefined];
      if (option.kind === "list") return [name, [raw ?? []].flat().map((each) => option.parse(unmark(each)))];
      const last: unknown = Array.isArray(raw) ? raw.at(-1) : raw;
      return [name, last === undefined ? undefined : option.parse(unmark(last))];
    }),
  );
}

function countMismatch(verb: Verb, words: readonly string[], options: readonly string[]): UserError {
  const missing = verb.arguments.filter(({ required }) => required)[words.length];
  const message = missing
    ? `${verb.name} needs ${missing.name} (${missing.about})`
    : `${verb.name} does not take "${words[verb.arguments.length]}"`;
  const instead = verb.instead?.(words);
  const meant = instead && `strata ${lineOf([...instead, ...options])}`;
  const next = missing && whereToLook(verb, missing);
  return new UserError(missing ? "argument-missing" : "argument-unwanted", message, {
    exit: exitCodes.usage,
    hints: [
      ...(meant === undefined ? [] : [["did you mean", meant] as const]),
      ["form", usageLine(verb)],
      ...(meant !== undefined || next === undefined ? [] : [["next", next] as const]),
    ],
  });
}

/** The command that shows what may stand in an argument's place; the first of its choices. */
function whereToLook(verb: Verb, { choices, completes }: Argument): string | undefined {
  const [first] = choices ?? [];
  if (first !== undefined) return `strata ${verb.name} ${first}`;
  if (completes === undefined) return undefined;
  if (completes === "operation" || completes === "pending-operation") return "strata history";
  if (completes === "setting" || completes === "assignment") return "strata get";
  return completes === "image" ? "strata images" : "strata list";
}

function unknownVerb(word: string, rest: readonly string[], verbs: readonly Verb[]): UserError {
  const own = verbs.flatMap(({ name, aliases }) => [name, ...aliases]);
  const close = nearest(word, own);
  const slip = close === undefined ? nearest(word, habitWords) : undefined;
  const habit = habitOf(word, rest) ?? (slip === undefined ? undefined : habitOf(slip, rest));
  const hint = habit?.line ?? close;
  return new UserError("verb-unknown", `there is no verb "${word}"`, {
    exit: exitCodes.usage,
    hints: [
      ...(hint === undefined ? [] : [["did you mean", hint] as const]),
      ...(habit?.or === undefined ? [] : [["or", habit.or] as const]),
      ["next", "strata help"],
    ],
  });
}
