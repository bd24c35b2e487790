/** Finds what was meant among many entries: letters in their order, better where words begin. */

export interface Entry {
  readonly id: string;
  /** `Stop web` */
  readonly title: string;
  readonly about: string;
}

/** Higher is better; undefined: not all letters are there in their order. */
function scoreOf(wanted: string, text: string): number | undefined {
  const [needle, hay] = [wanted.toLowerCase(), text.toLowerCase()];
  let [score, at, isRun] = [0, 0, false];
  for (const letter of needle) {
    if (letter === " ") {
      isRun = false;
      continue;
    }
    const found = hay.indexOf(letter, at);
    if (found < 0) return undefined;
    const isStart = found === 0 || /[\s@:/.-]/.test(hay.charAt(found - 1));
    score += isStart ? 4 : isRun && found === at ? 3 : 1;
    isRun = true;
    at = found + 1;
  }
  // Of two that fit alike, the shorter one was meant.
  return score - hay.length / 200;
}

/** The best `max`, best first; all in their own order when nothing was typed. */
export function found<Item extends Entry>(wanted: string, entries: readonly Item[], max: number): readonly Item[] {
  const text = wanted.trim();
  if (text === "") return entries.slice(0, max);
  return entries
    .flatMap((entry) => {
      const score = scoreOf(text, entry.title);
      return score === undefined ? [] : [{ entry, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, max)
    .map(({ entry }) => entry);
}
