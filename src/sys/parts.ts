/** Files with holes, and copies of parts of them: what a machine's memory is, of which much was never touched. */
import { seek } from "./libc.ts";
import type { Mapping } from "./mapping.ts";

export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** `length` bytes from `offset`, which are to stand at `to` in another file. */
export interface Part extends Extent {
  readonly to: number;
}

/** Small enough to stay in the processor's cache between the read and the write: larger ones take twice as long. */
const readBytes = 256 * 2 ** 10;
/** What is only written need not stay there, and fewer calls cost less. */
const mappedBytes = 2 ** 20;
/** One is read while another is written. */
const piecesAtOnce = 3;

/** Where a copy takes its pieces from. */
export interface Source {
  readonly pieceBytes: number;
  /** The bytes from `offset`, in the buffer of one piece's size or elsewhere; good until the next call with that buffer. */
  take(offset: number, length: number, buffer: () => Uint8Array): Promise<Uint8Array>;
}

/** A file that is read. */
export const readSource = (read: (into: Uint8Array, offset: number) => Promise<void>): Source => ({
  pieceBytes: readBytes,
  take: async (offset, length, buffer) => {
    const piece = buffer().subarray(0, length);
    await read(piece, offset);
    return piece;
  },
});

/** A file that is memory. Throws `EIO` behind its end. */
export const mappedSource = (path: string, { bytes, part }: Mapping): Source => ({
  pieceBytes: mappedBytes,
  take: async (offset, length) => {
    if (offset + length > bytes) throw endsEarly(path);
    return part(offset, length);
  },
});

export const endsEarly = (path: string): Error =>
  Object.assign(new Error(`EIO: the file ends early, '${path}'`), { code: "EIO", path });

/** The extents of an open file of `size` bytes; where no system call tells of holes, all of it. */
export function dataExtents(descriptor: number, size: number, gap: number): Extent[] {
  if (process.platform !== "linux") return [{ offset: 0, length: size }];
  const found: { offset: number; length: number }[] = [];
  for (let at = 0; at < size;) {
    const offset = seek(descriptor, at, "data");
    if (offset < 0) break;
    at = seek(descriptor, offset, "hole");
    // It was cut meanwhile.
    if (at <= offset) break;
    const last = found.at(-1);
    if (last !== undefined && offset - (last.offset + last.length) < gap) last.length = at - last.offset;
    else found.push({ offset, length: at - offset });
  }
  return found;
}

/** Rejects with the first failure, or with the signal's reason, when nothing is under way any more. */
export async function copyParts(
  parts: readonly Part[],
  { pieceBytes, take }: Source,
  write: (bytes: Uint8Array, offset: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const pieces = cut(parts, pieceBytes);
  const copyOn = async () => {
    let own: Uint8Array | undefined;
    const buffer = () => (own ??= new Uint8Array(pieceBytes));
    // Whoever has copied one takes the next; a failure in here ends them for all.
    for (const { offset, length, to } of pieces) {
      signal.throwIfAborted();
      await write(await take(offset, length, buffer), to);
    }
  };
  const copying = Array.from({ length: piecesAtOnce }, copyOn);
  await Promise.allSettled(copying);
  await Promise.all(copying);
}

function* cut(parts: readonly Part[], pieceBytes: number): Generator<Part> {
  for (const { offset, length, to } of parts)
    for (let at = 0; at < length; at += pieceBytes)
      yield { offset: offset + at, length: Math.min(pieceBytes, length - at), to: to + at };
}
