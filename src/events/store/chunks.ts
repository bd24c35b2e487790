/** Lines of a file in large chunks: constant memory whatever the file's size. */
import type { OpenFile } from "../../sys/files.ts";

/** Chunks start small, for who wants only a few lines, and double up to the largest. */
const chunkBytesMin = 64 << 10;
const chunkBytesMax = 1 << 20;
/** A longer line is not one of ours: it is reported as the unfinished rest. */
export const lineBytesMax = 32 << 20;
const newline = 0x0a;

/** Some whole lines: line i is `bytes[start of i, ends[i])`, its newline at `ends[i]`. */
export interface Chunk {
  readonly bytes: Buffer;
  /** Offset of `bytes` in the file. */
  readonly offset: number;
  readonly ends: readonly number[];
}

/** What is left of a range when its whole lines are read: an unfinished line, or nothing. */
export interface Rest {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Whole lines of the bytes `[from, to)` of a file. The generator returns what follows the last newline. From the second chunk on
 * the next one is read while the caller works on this one; whoever stops early calls `return`, or the file is still being read.
 */
export async function* chunksOf(file: OpenFile, from: number, to: number): AsyncGenerator<Chunk, Rest> {
  let offset = from;
  let length = chunkBytesMin;
  let ahead: Promise<Uint8Array> | undefined;
  const readNext = () => file.read(offset, Math.min(length, to - offset));
  try {
    for (let isFirst = true; ; isFirst = false) {
      const read = await (ahead ?? readNext());
      const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
      const ends = newlinesIn(bytes);
      const last = ends.at(-1);
      const chunk = { bytes, offset, ends };
      const isAtEnd =
        bytes.length < length || offset + bytes.length >= to || (last === undefined && length >= lineBytesMax);
      offset += last === undefined ? 0 : last + 1;
      length = last === undefined || length < chunkBytesMax ? length * 2 : chunkBytesMax;
      ahead = isAtEnd || isFirst ? undefined : readNext();
      // Its error is for who asks for that chunk.
      ahead?.catch(() => undefined);
      if (last !== undefined) yield chunk;
      if (isAtEnd) return { offset, bytes: bytes.subarray(offset - chunk.offset) };
    }
  } finally {
    await ahead?.catch(() => undefined);
  }
}

/** Calls `visit` with each whole line until it answers false; the answer is what follows the last visited line. */
export async function visitLines(
  file: OpenFile,
  from: number,
  to: number,
  visit: (bytes: Buffer, start: number, end: number, offset: number) => boolean,
): Promise<{ offset: number; isDone: boolean }> {
  const chunks = chunksOf(file, from, to);
  try {
    for (;;) {
      const next = await chunks.next();
      if (next.done === true) return { offset: next.value.offset, isDone: true };
      const { bytes, offset, ends } = next.value;
      let start = 0;
      for (const end of ends) {
        if (!visit(bytes, start, end, offset + start)) return { offset: offset + start, isDone: false };
        start = end + 1;
      }
    }
  } finally {
    await chunks.return({ offset: to, bytes: new Uint8Array() });
  }
}

/** The whole lines of the bytes `[start, end)` as one chunk: a range that is known to be small. */
export async function readBlock(file: OpenFile, start: number, end: number): Promise<Chunk> {
  const read = await file.read(start, end - start);
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
  return { bytes, offset: start, ends: newlinesIn(bytes) };
}

function newlinesIn(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) ends.push(end);
  return ends;
}
