/** A disk's write log as QEMU's blklogwrites and the kernel's dm-log-writes keep it: every write and every flush, in order. */

const magic = 0x6a736677736872n;
const headerBytes = 32;
const flags = { flush: 1, discard: 4 };

export interface Entry {
  readonly kind: "write" | "discard" | "flush";
  /** Bytes on the disk. */
  readonly offset: number;
  readonly length: number;
  /** What was written. */
  readonly data: Uint8Array;
  /** Where the entry begins in the log itself. */
  readonly at: number;
}

/** Everything that was logged. Throws when it is no whole log. */
export function parseWriteLog(log: Buffer): Entry[] {
  if (log.readBigUInt64LE(0) !== magic) throw new Error("no write log");
  const count = Number(log.readBigUInt64LE(16));
  const sectorBytes = log.readUInt32LE(24);
  const entries: Entry[] = [];
  let at = sectorBytes;
  while (entries.length < count) {
    if (at + headerBytes > log.length) throw new Error(`the write log ends in entry ${entries.length} of ${count}`);
    const entry = entryAt(log, at, sectorBytes);
    entries.push(entry);
    at += sectorBytes + entry.data.length;
  }
  return entries;
}

function entryAt(log: Buffer, at: number, sectorBytes: number): Entry {
  const offset = Number(log.readBigUInt64LE(at)) * sectorBytes;
  const length = Number(log.readBigUInt64LE(at + 8)) * sectorBytes;
  const marks = Number(log.readBigUInt64LE(at + 16));
  const nothing = { offset, length, data: new Uint8Array(), at };
  if ((marks & flags.discard) !== 0) return { ...nothing, kind: "discard" };
  if (length === 0) {
    if ((marks & flags.flush) === 0) throw new Error(`an entry that does nothing, at byte ${at} of the write log`);
    return { ...nothing, kind: "flush" };
  }
  const data = log.subarray(at + sectorBytes, at + sectorBytes + length);
  if (data.length < length) throw new Error(`the write log ends within the data at byte ${at}`);
  return { offset, length, data, at, kind: "write" };
}
