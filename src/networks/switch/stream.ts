/** Frames in a stream of bytes: each is its length in four bytes, big-endian, and itself. */

export const prefixBytes = 4;
/** QEMU's own limit is 69,632 bytes; more is none of its frames. */
const frameBytesMax = 69_632;

/** Where frames stand in a piece of the stream: `bytes[start, end)` is one with its length before it. */
export interface Sink {
  frame(bytes: Uint8Array, start: number, end: number): void;
}

/** Takes the pieces of one stream. False: what comes is no frame, nor can anything be after it. */
export function createSplitter({ frame }: Sink): (bytes: Uint8Array) => boolean {
  let rest: Uint8Array = new Uint8Array(0);
  return (piece) => {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const length = lengthAt(bytes, at);
      if (length > frameBytesMax) return false;
      const end = at + prefixBytes + length;
      if (end > bytes.length) break;
      frame(bytes, at, end);
      at = end;
    }
    rest = bytes.subarray(at);
    return true;
  };
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 0x1000000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));

/** A frame of our own, with its length before it. */
export function prefixed(frame: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(prefixBytes + frame.length);
  bytes.writeUInt32BE(frame.length, 0);
  bytes.set(frame, prefixBytes);
  return bytes;
}
