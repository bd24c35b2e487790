/** Where in the guest a command starts: in the folder that it was typed in, if that is mounted there. */

/** A folder of this machine that a guest has too. */
export interface Mounted {
  /** Absolute. */
  readonly source: string;
  readonly target: string;
}

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

/** The guest's path of `directory`, by the innermost mount that it is in; undefined: it is in none. */
export function mappedDirectory(directory: string, mounts: readonly Mounted[]): string | undefined {
  const here = partsOf(directory);
  const [innermost] = mounts
    .map(({ source, target }) => ({ source: partsOf(source), target }))
    .filter(({ source }) => directory !== "" && source.every((part, at) => part === here[at]))
    .toSorted((a, b) => b.source.length - a.source.length);
  return innermost && [innermost.target.replace(/\/+$/, ""), ...here.slice(innermost.source.length)].join("/");
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The words that start a command in a folder. The login shell reads one line, as with the reference, so that its builtins work and
 * the command's code is that of the shell. What sudo runs may see a folder that the user does not.
 */
export function wordsIn(directory: string | undefined, words: readonly string[]): readonly string[] {
  if (directory === undefined) return words;
  const line = words.map(quoted).join(" ");
  if (words[0] === "sudo") return ["sudo", "sh", "-c", `cd ${quoted(directory)} && sudo -u ubuntu ${line}`];
  return ["eval", `cd ${quoted(directory)}&&${line}`];
}
