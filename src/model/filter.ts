/** Which instances are meant: by a label, by their state, by a pattern of their name. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";
import { labelKeyPattern, labelOf, type Labels } from "./label.ts";
import { nearest } from "./name.ts";
import { stateWords } from "./state-words.ts";

/** What a filter looks at. */
export interface Filtered {
  readonly name: string;
  readonly state: string;
  readonly labels?: Labels | undefined;
}

export type Filter = (instance: Filtered) => boolean;

const form = "label=KEY=VALUE, label=KEY, state=Running or name=web-*";
const patternMax = 200;

/** Throws `filter-invalid`. */
export function parseFilter(text: string): Filter {
  const [, kind, wanted = ""] = /^(label|state|name)=(.+)$/s.exec(text) ?? [];
  if (kind === "label") return byLabel(wanted);
  if (kind === "state") return byState(wanted);
  if (kind === "name" && wanted.length <= patternMax) return ({ name }) => fits(name, wanted);
  throw invalid(`"${text}" is no filter`);
}

function byLabel(wanted: string): Filter {
  const [, key = "", , value] = /^([^=]*)(=(.*))?$/s.exec(wanted) ?? [];
  if (!labelKeyPattern.test(key)) throw invalid(`"${key}" is no key of a label`);
  return ({ labels }) => {
    const found = labelOf(labels, key);
    return found !== undefined && (value === undefined || found === value);
  };
}

/** In capitals or not. */
function byState(wanted: string): Filter {
  const word = stateWords.find((each) => each.toLowerCase() === wanted.toLowerCase());
  if (word) return ({ state }) => state === word;
  const close = nearest(wanted, stateWords);
  throw invalid(`"${wanted}" is no state`, close === undefined ? [] : [["did you mean", close]], stateWords.join(", "));
}

const invalid = (message: string, hints: readonly Hint[] = [], allowed = form): UserError =>
  new UserError("filter-invalid", message, { exit: exitCodes.usage, hints: [...hints, ["form", allowed]] });

/** Does `pattern`, with `*` for any characters and `?` for one, fit the whole of `text`? Takes a time of both lengths at most. */
export function fits(text: string, pattern: string): boolean {
  let [at, wanted, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    const letter = pattern[wanted];
    if (letter === "*") [star, mark] = [wanted++, at];
    else if (letter === "?" || letter === text[at]) [at, wanted] = [at + 1, wanted + 1];
    else if (star >= 0) [wanted, at] = [star + 1, ++mark];
    else return false;
  }
  return /^\**$/.test(pattern.slice(wanted));
}
