/** Tar archives (POSIX ustar) of ordinary files: read from a stream, holding no more than one file's piece at a time; and written. */

export interface TarEntry {
  readonly path: string;
  readonly isExecutable: boolean;
  readonly bytes: number;
  /** Must be read to its end before the next entry is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

const blockBytes = 512;
const ordinaryFile = "0";

/** Two blocks of zeros close an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes);

/** What follows a file's content, up to the next whole block. */
export const tarPadding = (bytes: number): Uint8Array =>
  new Uint8Array((blockBytes - (bytes % blockBytes)) % blockBytes);

/** What precedes a file's content. Owner and time are fixed, so that equal files give equal bytes. The path has at most 100 bytes. */
export function tarHeader({ path, isExecutable, bytes }: Omit<TarEntry, "content">): Uint8Array {
  if (Buffer.byteLength(path) > 100) throw new Error(`path too long for a tar header: ${path}`);
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write(octal(isExecutable ? 0o755 : 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(bytes, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(" ".repeat(8), 148);
  block.write(ordinaryFile, 156);
  block.write("ustar\u000000", 257, "latin1");
  // The sum of all bytes, with its own field as spaces.
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

/** Throws when the stream ends early or holds anything but ordinary files with paths below the archive's root. */
export async function* readTar(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = exactReader(pieces);
  for (;;) {
    const header = await source.take(blockBytes);
    // Zeros where a header should be: the end. The rest is read so that whoever counts the bytes sees all of them.
    if (header.every((byte) => byte === 0)) return source.drain();
    const { path, isExecutable, bytes } = parseHeader(header);
    yield { path, isExecutable, bytes, content: source.pieces(bytes) };
    await source.take(tarPadding(bytes).length);
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
