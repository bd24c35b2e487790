/** Makes what an error suggests a whole line: "did you mean web" becomes the line that was typed, with web in the right place. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { splitVerb } from "./arguments.ts";
import type { Verb } from "./command.ts";
import { needless } from "./habits.ts";
import { lineOf, sameLine } from "../model/shell-line.ts";
import { beforeVerb } from "./parse.ts";

const suggestion = "did you mean";
const next = "next";

/** The same error, its suggestion as a line that can be pasted; a usage error that suggests nothing leads to the verb's page. */
export function pasteable(error: unknown, argv: readonly string[], verbs: readonly Verb[]): unknown {
  if (!(error instanceof UserError)) return error;
  const hints = error.hints.map(([label, text]): Hint => {
    if (text === sameLine) return [label, `strata ${lineOf(argv)}`];
    if (label !== suggestion || text.startsWith("strata ")) return [label, text];
    const [, word = text, about] = /^(\S+) \((.+)\)$/.exec(text) ?? [];
    const line = corrected(argv, error, word, verbOf(argv, verbs));
    // What it is stands behind it as the shell's comment, so that the line can still be pasted.
    return [label, line === undefined ? text : `strata ${lineOf(line)}${about === undefined ? "" : `   # ${about}`}`];
  });
  const more = hints.some(([label]) => label === suggestion || label === next) ? [] : furtherHints(error, argv, verbs);
  const { code, message, exit, cause } = error;
  return new UserError(code, message, { exit, cause, hints: [...hints, ...more] });
}

/** The words that were typed, with the wrong one set right. Undefined: it is not among them. */
function corrected(
  argv: readonly string[],
  error: UserError,
  right: string,
  verb: Verb | undefined,
): readonly string[] | undefined {
  if (/^--[\w-]+ /.test(right)) return withOption(argv, right, verb);
  const wrong = wrongOption(error);
  if (right.startsWith("--")) return wrong === undefined ? [...argv, right] : replaced(argv, wrong, right);
  return replaced(argv, /"([^"]*)"/.exec(error.message)?.[1], right);
}

const wrongOption = (error: UserError) => /(?<= )--?[\w-]+/.exec(error.message)?.[0];

/** The first word that is `wrong`, or one side of its `=`, or the host before its `:`. */
function replaced(argv: readonly string[], wrong: string | undefined, right: string): readonly string[] | undefined {
  if (wrong === undefined) return undefined;
  const fixes = argv.map((word) => {
    if (word === wrong) return right;
    if (word.endsWith(`=${wrong}`)) return word.slice(0, -wrong.length) + right;
    // The suggestion for a point has its instance with it.
    if (word.endsWith(`@${wrong}`)) return right.includes("@") ? right : word.slice(0, -wrong.length) + right;
    return /^[=:@]/.test(word.slice(wrong.length)) && word.startsWith(wrong)
      ? right + word.slice(wrong.length)
      : undefined;
  });
  const at = fixes.findIndex((fix) => fix !== undefined);
  return at < 0 ? undefined : argv.toSpliced(at, 1, fixes[at] ?? right);
}

/** The option, or the setting, that `--name value` is about with that value; an option that was not given is added. */
function withOption(argv: readonly string[], option: string, verb: Verb | undefined): readonly string[] {
  const [long = "", value = ""] = option.split(" ");
  const name = long.slice(2);
  const short = verb?.options[name]?.short;
  const at = argv.findIndex((word) => word === long || (short !== undefined && word === `-${short}`));
  if (at >= 0) return argv.toSpliced(at + 1, 1, value);
  const attached = argv.findIndex((word) => word.startsWith(`${long}=`) || word.includes(`.${name}=`));
  if (attached < 0) return [...argv, long, value];
  const word = argv[attached] ?? "";
  return argv.toSpliced(attached, 1, word.slice(0, word.indexOf("=") + 1) + value);
}

function furtherHints(error: UserError, argv: readonly string[], verbs: readonly Verb[]): readonly Hint[] {
  if (error.exit !== exitCodes.usage) return [];
  const without = error.code === "option-unknown" ? withoutOption(argv, wrongOption(error) ?? "") : undefined;
  if (without) return [[suggestion, `strata ${lineOf(without)}`]];
  const verb = verbOf(argv, verbs);
  return [[next, verb ? `strata help ${verb.name}` : "strata help"]];
}

function verbOf(argv: readonly string[], verbs: readonly Verb[]): Verb | undefined {
  const { verb: word = "" } = splitVerb(argv, beforeVerb);
  return verbs.find(({ name, aliases }) => name === word || aliases.includes(word));
}

/** The line without an option that nobody needs here, or with its value as a plain word. */
function withoutOption(argv: readonly string[], wrong: string): readonly string[] | undefined {
  const at = argv.findIndex((word) => word === wrong || word.startsWith(wrong.startsWith("--") ? `${wrong}=` : wrong));
  const word = argv[at];
  if (word === undefined) return undefined;
  if (wrong === "--image") return argv.toSpliced(at, 1, ...(word.includes("=") ? [word.slice("--image=".length)] : []));
  return needless.has(word) ? argv.toSpliced(at, 1) : undefined;
}
