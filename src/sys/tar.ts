/** Reads a tar archive (POSIX ustar) of ordinary files from a stream, holding no more than one file's piece at a time. */

export interface TarEntry {
  readonly path: string;
  readonly isExecutable: boolean;
  readonly bytes: number;
  /** Must be read to its end before the next entry is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

const blockBytes = 512;
const ordinaryFile = "0";

/** Throws when the stream ends early or holds anything but ordinary files with paths below the archive's root. */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = exactReader(pieces);
  for (;;) {
    const header = await source.take(blockBytes);
    // Zeros where a header should be: the end. The rest is read so that whoever counts the bytes sees all of them.
    if (header.every((byte) => byte === 0)) return source.drain();
    const { path, isExecutable, bytes } = parseHeader(header);
    yield { path, isExecutable, bytes, content: source.pieces(bytes) };
    await source.take((blockBytes - (bytes % blockBytes)) % blockBytes);
  }
}

function parseHeader(header: Buffer): { path: string; isExecutable: boolean; bytes: number } {
  const field = (start: number, length: number) =>
    header
      .subarray(start, start + length)
      .toString("latin1")
      .replace(/\0.*$/s, "");
  const path = field(0, 100);
  if (field(257, 5) !== "ustar" || field(156, 1) !== ordinaryFile) throw new Error(`tar: ${path} is no ordinary file`);
  if (path.startsWith("/") || path.split("/").some((part) => part === ".." || part === "")) {
    throw new Error(`tar: ${path} leads out of the archive`);
  }
  const bytes = Number.parseInt(field(124, 12), 8);
  if (!Number.isSafeInteger(bytes)) throw new Error(`tar: ${path} has no size`);
  return { path, isExecutable: (Number.parseInt(field(100, 8), 8) & 0o100) !== 0, bytes };
}

/** Cuts a stream's pieces at the places that its reader asks for. */
function exactReader(pieces: AsyncIterable<Uint8Array>) {
  const iterator = pieces[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  const next = async (): Promise<boolean> => {
    const { value, done } = await iterator.next();
    if (done !== true) rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return done !== true;
  };
  const some = async (bytesMax: number): Promise<Buffer> => {
    while (rest.length === 0) if (!(await next())) throw new Error("tar: the archive ends early");
    const piece = rest.subarray(0, bytesMax);
    rest = rest.subarray(piece.length);
    return piece;
  };
  async function* upTo(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      const piece = await some(left);
      left -= piece.length;
      yield piece;
    }
  }
  const take = async (bytes: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of upTo(bytes)) parts.push(part);
    return Buffer.concat(parts);
  };
  const drain = async (): Promise<void> => {
    while (await next());
  };
  return { take, pieces: upTo, drain };
}
