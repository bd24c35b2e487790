/** The option rules of the reference's command line, which are Qt's (QCommandLineParser): `--opt value`, `--opt=value`, `-o value`, `-ovalue`, `-rp`; `--` ends options. */
import type { Options } from "../../model/verb.ts";

export interface Line {
  readonly words: readonly string[];
  /** By name, every value that was given; a flag has an empty text for each time. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** What is wrong with the line, in Qt's words. Reading goes on after it. */
  readonly error: string | undefined;
  /** Options that there are none of. */
  readonly unknown: readonly string[];
}

/** Where the reading of a line stands. */
interface Reader {
  readonly options: Options;
  readonly rest: string[];
  readonly words: string[];
  readonly values: Map<string, string[]>;
  readonly unknown: string[];
  error: string | undefined;
}

/** Reads `argv` by the options given. Never throws. */
export function readLine(argv: readonly string[], options: Options): Line {
  const reader: Reader = { options, rest: [...argv], words: [], values: new Map(), unknown: [], error: undefined };
  for (let word = reader.rest.shift(); word !== undefined; word = reader.rest.shift()) {
    if (word === "--") reader.words.push(...reader.rest.splice(0));
    else if (word.startsWith("--")) readLong(reader, word);
    else if (word.startsWith("-") && word !== "-") readShorts(reader, word);
    else reader.words.push(word);
  }
  const { words, values, unknown } = reader;
  return { words, values, unknown, error: reader.error ?? unknownText(unknown) };
}

const unknownText = (names: readonly string[]): string | undefined => {
  if (names.length === 0) return undefined;
  return names.length === 1 ? `Unknown option '${names[0]}'.` : `Unknown options: ${names.join(", ")}.`;
};

function readLong(reader: Reader, word: string): void {
  const [given = ""] = word.slice(2).split("=", 1);
  const name = Object.hasOwn(reader.options, given) ? given : undefined;
  if (name === undefined) reader.unknown.push(given);
  else readValue(reader, name, word);
}

/** `-rp`, `-nweb`, `-n=web`, `-n web`: the first one that takes a value ends the letters. */
function readShorts(reader: Reader, word: string): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const name = Object.entries(reader.options).find(([, { short }]) => short?.includes(letter))?.[0];
    if (name === undefined) {
      reader.unknown.push(letter);
      continue;
    }
    if (!takesValue(reader, name)) {
      note(reader, name, "");
      continue;
    }
    if (at + 1 === word.length) return readValue(reader, name, word);
    return note(reader, name, word.slice(word.charAt(at + 1) === "=" ? at + 2 : at + 1));
  }
}

/** The value behind `=`, or the next word. */
function readValue(reader: Reader, name: string, word: string): void {
  const assigned = word.indexOf("=");
  if (!takesValue(reader, name)) {
    if (assigned >= 0) reader.error ??= `Unexpected value after '${word.slice(0, assigned)}'.`;
    return note(reader, name, "");
  }
  const value = assigned >= 0 ? word.slice(assigned + 1) : reader.rest.shift();
  if (value === undefined) reader.error ??= `Missing value after '${word}'.`;
  else note(reader, name, value);
}

const takesValue = ({ options }: Reader, name: string): boolean => options[name]?.kind !== "flag";

function note({ values }: Reader, name: string, value: string): void {
  values.set(name, [...(values.get(name) ?? []), value]);
}
