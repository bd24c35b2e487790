/** Bytes that wait until the other side takes them (the credit of `window` frames), up to a bound. */

export interface SendQueue {
  /** False: too much waits already, and these bytes are not taken. */
  push(bytes: Uint8Array): boolean;
  /** The other side takes so many more. */
  grant(bytes: number): void;
}

/** `send` gets pieces of at most `pieceMax`. */
export function createSendQueue(
  send: (piece: Uint8Array) => void,
  { pieceMax, waitingMax }: { readonly pieceMax: number; readonly waitingMax: number },
): SendQueue {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let credit = 0;
  const flush = () => {
    for (let first = waiting[0]; first !== undefined && credit > 0; first = waiting[0]) {
      const piece = first.subarray(0, Math.min(credit, pieceMax));
      send(piece);
      credit -= piece.length;
      waitingBytes -= piece.length;
      waiting = piece.length === first.length ? waiting.slice(1) : [first.subarray(piece.length), ...waiting.slice(1)];
    }
  };
  return {
    push(bytes) {
      if (waitingBytes + bytes.length > waitingMax) return false;
      waiting.push(bytes);
      waitingBytes += bytes.length;
      flush();
      return true;
    },
    grant(bytes) {
      credit += bytes;
      flush();
    },
  };
}
