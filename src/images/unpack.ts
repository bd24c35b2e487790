/** Compressed image files: told by their first bytes, never by a name, and unpacked piece by piece. */
import { createSha256, type Hash } from "../sys/hash.ts";
import { inflated } from "./gzip.ts";
import { nextOf } from "./pulled.ts";
import { damaged, unxz } from "./xz.ts";

type Packing = "gzip" | "xz";

const magics: Readonly<Record<Packing, readonly number[]>> = {
  gzip: [0x1f, 0x8b, 0x08],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
};
/** As much of a file's start as tells how it is compressed. */
export const magicBytes = Math.max(...Object.values(magics).map(({ length }) => length));

/** How the file that starts with `head` is compressed; undefined: it is not. */
export function packingOf(head: Uint8Array): Packing | undefined {
  const begins = (magic: readonly number[]) => magic.every((byte, at) => head[at] === byte);
  return (["gzip", "xz"] as const).find((packing) => begins(magics[packing]));
}

export interface Opened {
  /** What is in the file. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** SHA-256 of the file as it came, to be asked for when all has been read; absent: it is not compressed. */
  readonly packedSha256?: () => string;
}

/** Looks at the first bytes of `source`. The pieces throw what it does, and as `unxz` does. */
export async function opened(source: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Opened> {
  const next = nextOf(source);
  let head: Uint8Array = new Uint8Array();
  for (let piece = await next(); piece !== undefined; piece = head.length < magicBytes ? await next() : undefined)
    head = head.length === 0 ? piece : Buffer.concat([head, piece]);
  const packing = packingOf(head);
  if (packing === undefined) return { pieces: joined(head, next) };
  const hash = createSha256();
  const packed = joined(head, next, hash);
  return {
    pieces: packing === "xz" ? unxz(packed, signal) : inflated(packed, "gzip", brokenGzip),
    packedSha256: () => hash.hex(),
  };
}

const brokenGzip = () => damaged("is damaged or cut off: its gzip data do not fit together");

async function* joined(
  head: Uint8Array,
  next: () => Promise<Uint8Array | undefined>,
  hash?: Hash,
): AsyncGenerator<Uint8Array> {
  for (let piece: Uint8Array | undefined = head; piece !== undefined; piece = await next()) {
    hash?.update(piece);
    if (piece.length > 0) yield piece;
  }
}
