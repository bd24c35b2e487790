/** Names that people give: instances, images; and the suggestion for a name that is nearly right. */
import { UserError, exitCodes } from "../errors.ts";
import type { Hint } from "../errors.ts";

export const nameCharactersMax = 63;
const namePattern = /^[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

/** The name itself when it is a host name that starts with a letter; throws `name-invalid`. */
export function parseName(text: string): string {
  if (namePattern.test(text) && text.length <= nameCharactersMax) return text;
  throw new UserError("name-invalid", `"${text}" is not an instance name`, {
    exit: exitCodes.usage,
    hints: [
      ...meantName(text),
      ["form", `letters, digits and hyphens, a letter first, no hyphen last, at most ${nameCharactersMax} characters`],
    ],
  });
}

/** The name that is left of it when what a name may not have is taken away. */
function meantName(text: string): Hint[] {
  const kept = text
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, nameCharactersMax - "vm-".length);
  const name = /^\d/.test(kept) ? `vm-${kept}` : kept.replace(/-+$/, "");
  return namePattern.test(name) ? [["did you mean", name]] : [];
}

/** Letters that say enough for a beginning to be taken for the whole. */
const beginningMin = 3;

/** The candidate closest to `text`, when it is close enough to be a slip of the fingers, or the only one that begins with it. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const words = [...candidates];
  return misspelled(text, words) ?? begun(text, words);
}

function begun(text: string, words: readonly string[]): string | undefined {
  const found = words.filter((word) => word.toLowerCase().startsWith(text.toLowerCase()));
  return text.length >= beginningMin && found.length === 1 ? found[0] : undefined;
}

function misspelled(text: string, candidates: readonly string[]): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of candidates) {
    const distance = editDistance(text.toLowerCase(), word.toLowerCase());
    if (!best || distance < best.distance) best = { word, distance };
  }
  return best && best.distance <= Math.max(1, Math.floor(text.length / 3)) ? best.word : undefined;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost 1. */
function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (older[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    older = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
