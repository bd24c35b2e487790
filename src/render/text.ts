/** Text from guests and users made harmless for a terminal, and cut or padded to a width. */
import type { Page } from "./view.ts";

/** C0, DEL, C1, and the characters that reorder or hide what follows. */
// oxlint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `text` with each control or reordering character as `\xNN` or `\u{NNNN}`. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** What JSON and YAML may leave as it is although a terminal obeys it: DEL, C1, and the characters that reorder. */
export const hostile = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A character as JSON and YAML escape it. */
export const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

export function pad(text: string, width: number, page: Pick<Page, "width">, isRight = false): string {
  const space = " ".repeat(Math.max(0, width - page.width(text)));
  return isRight ? space + text : text + space;
}

/** The beginning of `text` in at most `width` cells, with `…` when something is missing. */
export function cut(text: string, width: number, page: Pick<Page, "width">): string {
  if (page.width(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (page.width(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const styles = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33" } as const;
export type Style = keyof typeof styles;

export function styled(text: string, style: Style | undefined, color: boolean): string {
  return color && style !== undefined && text !== "" ? `\u001b[${styles[style]}m${text}\u001b[0m` : text;
}
