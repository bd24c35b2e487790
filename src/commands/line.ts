/** Words as a line that a shell reads back as the same words. */

const plain = /^[\w@%+=:,./-]+$/;

/** POSIX quoting, where a word needs it. */
export const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const lineOf = (words: readonly string[]): string => words.map(quoted).join(" ");
