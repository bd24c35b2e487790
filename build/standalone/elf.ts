/** Makes an executable independent of the system's C library: own entry code, and loader and library appended (ELF-64, x86). */

const programHeaderOffset = 64;
const programHeaderBytes = 56;
const pageBytes = 4096;

/** Below the executable's own segments, above what systems keep free. */
export const entryAddress = 0x10_0000;

const segment = { load: 1, interpreter: 3, programHeaders: 6 } as const;
const readAndExecute = 5;

/** The assembled `entry.s` holds this text before its table: entry, loader's place, four libraries' places, program headers. */
const tableMark = Buffer.from("strata entry 1.0");
export const libraryCount = 4;

export interface Library {
  readonly name: string;
  readonly content: Buffer;
}

/** `libraries` in the order in which they are loaded: the C library first, then those that need it. */
export function standalone(
  executable: Buffer,
  entryCode: Buffer,
  loader: Buffer,
  libraries: readonly Library[],
): Buffer {
  if (libraries.length !== libraryCount || libraries[0]?.name !== "libc.so.6") {
    throw new Error(
      `the executable needs ${libraries.map((one) => one.name).join(" ")}; build/standalone/entry.s expects libc.so.6 and ${libraryCount - 1} more`,
    );
  }
  const headers = programHeaders(executable);
  const interpreter = headers.findIndex((header) => header.readUInt32LE(0) === segment.interpreter);
  if (interpreter < 0) throw new Error("the executable names no dynamic loader");

  const pieces = [entryCode, loader, ...libraries.map((one) => one.content)];
  const offsets: number[] = [];
  let end = wholePages(executable.length);
  for (const piece of pieces) {
    offsets.push(end);
    end += wholePages(piece.length);
  }
  const result = Buffer.alloc(end);
  executable.copy(result);
  pieces.forEach((piece, index) => piece.copy(result, offsets[index]));

  const [codeAt = 0, loaderAt = 0, ...librariesAt] = offsets;
  const code = result.subarray(codeAt, codeAt + entryCode.length);
  fillTable(code, executable.readBigUInt64LE(24), loaderAt, libraries, librariesAt, headers);
  loadSegment(codeAt, entryCode.length).copy(result, programHeaderOffset + interpreter * programHeaderBytes);
  result.writeBigUInt64LE(BigInt(entryAddress), 24);
  return result;
}

function programHeaders(executable: Buffer): Buffer[] {
  const isExpected =
    executable.readUInt32LE(0) === 0x464c457f && executable.readBigUInt64LE(32) === BigInt(programHeaderOffset);
  if (!isExpected) throw new Error("the executable is no 64-bit ELF file of the expected form");
  return Array.from({ length: executable.readUInt16LE(56) }, (_, index) => {
    const at = programHeaderOffset + index * programHeaderBytes;
    return Buffer.from(executable.subarray(at, at + programHeaderBytes));
  });
}

function fillTable(
  code: Buffer,
  entry: bigint,
  loaderAt: number,
  libraries: readonly Library[],
  librariesAt: readonly number[],
  headers: readonly Buffer[],
): void {
  const mark = code.indexOf(tableMark);
  if (mark < 0) throw new Error("the entry code has no table");
  let at = code.writeBigUInt64LE(entry, mark + tableMark.length);
  at = code.writeBigUInt64LE(BigInt(loaderAt), at);
  libraries.forEach(({ content }, index) => {
    at = code.writeBigUInt64LE(BigInt(librariesAt[index] ?? 0), at);
    at = code.writeBigUInt64LE(BigInt(content.length), at);
  });
  const headersAt = at;
  if (headersAt + headers.length * programHeaderBytes > code.length)
    throw new Error("the executable has too many program headers");
  for (const header of headers) {
    // The loader finds out where the program lies by comparing this address with the true one.
    if (header.readUInt32LE(0) === segment.programHeaders)
      header.writeBigUInt64LE(BigInt(entryAddress + headersAt), 16);
    at += header.copy(code, at);
  }
}

function loadSegment(offset: number, bytes: number): Buffer {
  const header = Buffer.alloc(programHeaderBytes);
  header.writeUInt32LE(segment.load, 0);
  header.writeUInt32LE(readAndExecute, 4);
  [offset, entryAddress, entryAddress, bytes, bytes, pageBytes].forEach((value, index) =>
    header.writeBigUInt64LE(BigInt(value), 8 + index * 8),
  );
  return header;
}

const wholePages = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes;
