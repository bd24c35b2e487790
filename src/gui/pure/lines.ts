/** Cuts a text that comes in pieces into lines, as streams of the API (NDJSON) need it. */

export interface LineCutter {
  /** The lines that `piece` completes. Throws a RangeError when one is longer than allowed. */
  push(piece: string): string[];
}

/** `charactersMax`: of a line that is not complete yet. */
export function createLineCutter(charactersMax: number): LineCutter {
  let rest = "";
  return {
    push(piece) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > charactersMax) throw new RangeError("a line of the answer is too long");
      return lines.filter((line) => line !== "");
    },
  };
}
