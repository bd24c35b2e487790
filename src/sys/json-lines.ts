/** JSON of many lines at once: the runtime takes the bytes as they are, which saves the text of each line. */

/** The values of the whole lines in `bytes[start, end)`; none when a line is not exactly one value. An empty line is
 *  left out, and a byte order mark before the first. */
export function parseJsonLines(bytes: Uint8Array, start: number, end: number): readonly unknown[] {
  const { values, done } = Bun.JSONL.parseChunk(bytes, start, end);
  return done ? values : [];
}
