/**
 * How memory lies in its file. Either QEMU's own stream alone, or without what the guest never touched: a head that says what is
 * where, the parts of the memory that hold something, and QEMU's stream with the rest of the machine, to the end of the file.
 */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { Extent, Part } from "../../sys/parts.ts";

/** No stream of QEMU's begins so. Behind it, how many bytes the head has. */
const mark = "strata memory 1 ";
const lengthDigits = 8;
const firstLineBytes = mark.length + lengthDigits + 1;
const pageBytes = 4096;
const headBytesMax = 2 ** 20;
/** Holes that are shorter are kept as zeros, so that the head stays small. */
export const gapBytes = 64 * 2 ** 10;
const partsMax = 16_384;
/** A memory of which more than this is in use is QEMU's to write: there is little to leave out, and it looks for pages of zeros. */
const usedMax = 0.75;

const Head = z.object({
  /** Size of the guest's memory. */
  bytes: z.int().positive(),
  /** Offsets and lengths in the guest's memory, in the order in which they follow the head. */
  parts: z.array(z.tuple([z.int().nonnegative(), z.int().positive()])).max(partsMax),
});
type Head = z.infer<typeof Head>;

export interface Layout {
  /** Size of the guest's memory. */
  readonly bytes: number;
  /** From the memory to the file. */
  readonly parts: readonly Part[];
  /** Where QEMU's stream begins. */
  readonly stream: number;
}

/** Where to write a memory of which `extents` hold something; undefined: it is not worth it. */
export function planLayout(
  bytes: number,
  extents: readonly Extent[],
): { readonly head: Uint8Array; readonly layout: Layout } | undefined {
  const used = extents.reduce((sum, { length }) => sum + length, 0);
  if (used === 0 || used > bytes * usedMax || extents.length > partsMax) return undefined;
  const head: Head = { bytes, parts: extents.map(({ offset, length }) => [offset, length]) };
  const text = JSON.stringify(head);
  const length = Math.ceil((firstLineBytes + text.length) / pageBytes) * pageBytes;
  const line = `${mark}${String(length).padStart(lengthDigits, "0")}\n`;
  return { head: Buffer.from(line + text.padEnd(length - line.length)), layout: layOut(head, length) };
}

function layOut({ bytes, parts }: Head, headBytes: number): Layout {
  let to = headBytes;
  const placed = parts.map(([offset, length]) => ({ offset, length, to: (to += length) - length }));
  return { bytes, parts: placed, stream: to };
}

/** Undefined: it is QEMU's stream alone. Throws `memory-damaged`. */
export async function readLayout(file: OpenFile): Promise<Layout | undefined> {
  const line = textOf(await file.read(0, firstLineBytes));
  if (!line.startsWith(mark)) return undefined;
  const length = Number(line.slice(mark.length));
  if (!Number.isInteger(length) || length > headBytesMax) throw damaged(file.path);
  const text = textOf(await file.read(firstLineBytes, length - firstLineBytes));
  const head = Head.safeParse(parseJson(text)).data;
  if (head === undefined || head.parts.some(([offset, size]) => offset + size > head.bytes)) throw damaged(file.path);
  return layOut(head, length);
}

/** The way back, from the file to the memory. */
export const reversed = ({ parts }: Layout): Part[] =>
  parts.map(({ offset, length, to }) => ({ offset: to, length, to: offset }));

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const damaged = (path: string) => new UserError("memory-damaged", `the saved memory ${path} cannot be read`);
