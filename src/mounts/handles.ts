/** The open files and folders of one connection, under numbers that are never used again. */
import { errors, type Calls } from "../sys/calls.ts";

export interface Handle {
  readonly descriptor: number;
  readonly kind: "file" | "folder";
}

/** A number of 32 bits. */
const handleBytes = 4;

export type Handles = ReturnType<typeof createHandles>;

export function createHandles(calls: Calls, max: number) {
  const open = new Map<number, Handle>();
  let last = 0;
  const numberOf = (bytes: Uint8Array): number =>
    bytes.length === handleBytes ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : 0;
  return {
    /** Keeps what `start` opens; the negative number of an error when that fails, or when there are too many already. */
    add: (kind: Handle["kind"], start: () => number): number => {
      if (open.size >= max) return -errors.EMFILE;
      const descriptor = start();
      if (descriptor < 0) return descriptor;
      // After 2 ** 32 opens it begins again, past those that are still open; 0 is none.
      do last = (last + 1) >>> 0;
      while (last === 0 || open.has(last));
      open.set(last, { descriptor, kind });
      return last;
    },
    find: (bytes: Uint8Array, kind?: Handle["kind"]): Handle | undefined => {
      const handle = open.get(numberOf(bytes));
      return kind === undefined || handle?.kind === kind ? handle : undefined;
    },
    /** Undefined: there is no such handle. */
    close: (bytes: Uint8Array): number | undefined => {
      const number = numberOf(bytes);
      const handle = open.get(number);
      if (handle === undefined) return undefined;
      open.delete(number);
      return calls.close(handle.descriptor);
    },
  };
}
