/** Writes a tar archive (POSIX ustar) of ordinary files, with fixed owner and time, so that equal input gives equal bytes. */

export interface TarFile {
  /** At most 100 bytes, relative. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly content: Uint8Array;
}

const blockBytes = 512;

export function tar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, isExecutable, content }) => [
    header(path, isExecutable ? 0o755 : 0o644, content.length),
    content,
    Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

/** Numbers are octal text; the checksum is the sum of all bytes with its own field as spaces. */
function header(path: string, mode: number, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`path too long for a tar header: ${path}`);
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
