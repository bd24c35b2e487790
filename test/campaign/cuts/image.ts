/** A disk's content in memory: what was never written is zero and takes nothing, and a copy shares what it does not change. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

const chunkBytes = 64 << 10;
const zeros = Buffer.alloc(chunkBytes);

export interface Image {
  readonly bytes: number;
  write(offset: number, bytes: Uint8Array): void;
  /** Zero from here on for so many bytes: what a discarded range reads as. */
  clear(offset: number, bytes: number): void;
  /** A copy that goes its own way. */
  fork(): Image;
  /** Makes a file hold exactly this. */
  save(path: string): void;
}

type Chunks = Map<number, Buffer>;

function imageOf(bytes: number, chunks: Chunks): Image {
  /** Chunks that no other image shows. */
  const own = new Set<number>();
  const writable = (at: number): Buffer => {
    const chunk = chunks.get(at);
    if (chunk !== undefined && own.has(at)) return chunk;
    const copy = chunk === undefined ? Buffer.alloc(chunkBytes) : Buffer.from(chunk);
    chunks.set(at, copy);
    own.add(at);
    return copy;
  };
  const write = (offset: number, data: Uint8Array) => {
    for (let done = 0; done < data.length;) {
      const [at, within] = [Math.floor((offset + done) / chunkBytes), (offset + done) % chunkBytes];
      const part = data.subarray(done, done + chunkBytes - within);
      writable(at).set(part, within);
      done += part.length;
    }
  };
  return {
    bytes,
    write,
    clear: (offset, length) => {
      for (let done = 0; done < length;) {
        const [at, within] = [Math.floor((offset + done) / chunkBytes), (offset + done) % chunkBytes];
        const part = Math.min(length - done, chunkBytes - within);
        if (chunks.has(at)) writable(at).fill(0, within, within + part);
        done += part;
      }
    },
    fork: () => {
      own.clear();
      return imageOf(bytes, new Map(chunks));
    },
    save: (path) => {
      const file = openSync(path, "r+");
      ftruncateSync(file, 0);
      ftruncateSync(file, bytes);
      for (const [at, chunk] of chunks) writeSync(file, chunk, 0, chunkBytes, at * chunkBytes);
      closeSync(file);
    },
  };
}

/** What a file holds; its size is a multiple of 64 KiB. */
export function imageOfFile(path: string): Image {
  const file = openSync(path, "r");
  const chunks: Chunks = new Map();
  const { size } = fstatSync(file);
  for (let at = 0; at < size / chunkBytes; at++) {
    const chunk = Buffer.alloc(chunkBytes);
    readSync(file, chunk, 0, chunkBytes, at * chunkBytes);
    if (!chunk.equals(zeros)) chunks.set(at, chunk);
  }
  closeSync(file);
  return imageOf(size, chunks);
}
