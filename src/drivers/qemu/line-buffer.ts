/** Cuts a byte stream into lines as it comes, within a bound; bytes of half a character wait for the other half. */

export interface LineBuffer {
  push(bytes: Uint8Array): void;
}

const newline = 0x0a;

/** Calls `line` with each full line without its end; `overflow` once when one grows beyond `bytesMax`, and nothing after that. */
export function createLineBuffer(bytesMax: number, line: (text: string) => void, overflow: () => void): LineBuffer {
  let parts: Uint8Array[] = [];
  let held = 0;
  let isOver = false;

  const take = (part: Uint8Array) => {
    parts.push(part);
    held += part.length;
    isOver = held > bytesMax;
  };

  const push = (bytes: Uint8Array) => {
    let from = 0;
    while (!isOver) {
      const at = bytes.indexOf(newline, from);
      take(bytes.subarray(from, at < 0 ? undefined : at));
      if (isOver) overflow();
      if (at < 0 || isOver) return;
      const text = Buffer.concat(parts).toString().trimEnd();
      parts = [];
      held = 0;
      from = at + 1;
      if (text !== "") line(text);
    }
  };
  return { push };
}
