/** The last bytes of an output without end, addressed by how many came before them. */

export interface ScrollBack {
  /** Of the oldest byte that is kept, and behind the newest one. */
  start(): number;
  end(): number;
  /** The oldest bytes make room. */
  append(chunk: Uint8Array): void;
  /** A copy of up to `bytesMax` bytes from `at`, which lies between start and end. */
  read(at: number, bytesMax: number): Uint8Array;
  /** Where somebody begins who has seen nothing: at the start, or, where older bytes are lost, behind the line that was cut. */
  firstWhole(): number;
}

const newline = 0x0a;

/** Never holds more than `capacity` bytes, whatever is appended. */
export function createScrollBack(capacity: number): ScrollBack {
  const ring = new Uint8Array(capacity);
  let end = 0;
  const start = () => Math.max(0, end - capacity);
  const read = (at: number, bytesMax: number) => {
    const length = Math.min(bytesMax, end - at);
    const from = at % capacity;
    const first = ring.subarray(from, Math.min(capacity, from + length));
    return Buffer.concat([first, ring.subarray(0, length - first.length)]);
  };
  return {
    start,
    end: () => end,
    read,
    append: (chunk) => {
      const kept = chunk.subarray(Math.max(0, chunk.length - capacity));
      end += chunk.length - kept.length;
      const first = kept.subarray(0, capacity - (end % capacity));
      ring.set(first, end % capacity);
      ring.set(kept.subarray(first.length), 0);
      end += kept.length;
    },
    firstWhole: () => {
      if (start() === 0) return 0;
      return start() + read(start(), capacity).indexOf(newline) + 1;
    },
  };
}
