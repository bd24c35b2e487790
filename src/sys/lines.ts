/** Splits a byte stream into lines of text, within a bound. */

/** Lines of `stream` without their line ends; a last line needs none. Throws when one is longer than `bytesMax`. */
export async function* readLines(stream: ReadableStream<Uint8Array>, bytesMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > bytesMax) throw new Error(`a line is longer than ${bytesMax} bytes`);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
