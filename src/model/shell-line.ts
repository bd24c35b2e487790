/** Words as a line that a shell reads back as the same words. */

const plain = /^[\w@%+=:,./-]+$/;

/** POSIX quoting, where a word needs it. */
export const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Stands in a hint for the line that was typed, which only the edge of the program knows. */
export const sameLine = "the same line again";

export const lineOf = (words: readonly string[]): string => words.map(quoted).join(" ");
