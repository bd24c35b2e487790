/** Lines at the beginning of a stream of bytes, and of a stream that is all lines. */

/** A guest that sends no end of a line is not read for ever. */
const lineBytesMax = 4_096;
const newline = 0x0a;

/** The first line without its end, and what came behind it; undefined when there is none. */
export async function firstLine(
  source: AsyncIterator<Uint8Array>,
): Promise<{ readonly line: string; readonly rest: Uint8Array } | undefined> {
  let bytes = new Uint8Array();
  while (bytes.length <= lineBytesMax) {
    const at = bytes.indexOf(newline);
    if (at >= 0) return { line: new TextDecoder().decode(bytes.subarray(0, at)), rest: bytes.subarray(at + 1) };
    const next = await source.next();
    if (next.done) return undefined;
    bytes = Buffer.concat([bytes, next.value]);
  }
  return undefined;
}

/** Lines without their ends; of a long one, the beginning. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of source) {
    const parts = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = (parts.pop() ?? "").slice(0, lineBytesMax);
    yield* parts;
  }
  if (text !== "") yield text;
}
