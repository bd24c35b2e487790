/** A seal as text, for whoever reads it: a C2SP tlog-checkpoint in a C2SP signed note, of five lines. Loads no cryptography. */

/** One signed head of the log. */
export interface Seal {
  /** `strata/LOG-ID`. */
  readonly origin: string;
  /** How many records it is of: the position of the last. */
  readonly size: number;
  /** Merkle root (RFC 6962) of these records' lines, hexadecimal. */
  readonly root: string;
  /** The signed note itself, five lines. */
  readonly note: string;
}

/** The em dash that a signature line begins with, in UTF-8. */
export const dash = "\u2014";

/** The five lines of a note, whose signature line begins with `mark`. */
export const notePattern = (mark: string): string =>
  String.raw`([!-~]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n\n${mark} ([!-~]+) ([A-Za-z0-9+/]{91}=)\n`;
export const wholeNote = new RegExp(`^${notePattern(dash)}$`);

/** The seal in one note; undefined when it is none. Says nothing about its signature. */
export function parseSeal(note: string): Seal | undefined {
  const [, origin, size, root] = wholeNote.exec(note) ?? [];
  if (origin === undefined || size === undefined || root === undefined) return undefined;
  return { origin, size: Number(size), root: Buffer.from(root, "base64").toString("hex"), note };
}
