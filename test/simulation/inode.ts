/** A simulated file: what programs see, what is on the medium, and which sectors differ. */
import type { Random } from "./random.ts";

const sectorBytes = 512;

export interface Inode {
  readonly kind: "file";
  mode: number;
  uid: number;
  gid: number;
  modifiedMs: number;
  /** Who holds the exclusive lock. */
  lockedBy: object | undefined;
  /** Space it takes: its size, or the end of its reserved blocks. */
  allocated(): number;
  size(): number;
  read(offset: number, length: number): Uint8Array;
  /** What is left of it if power is lost now and nothing unsynced is kept. */
  medium(): Uint8Array;
  write(bytes: Uint8Array, offset: number): void;
  truncate(size: number): void;
  reserveUpTo(end: number): void;
  /** Everything seen becomes everything stable, except what an earlier failed sync has already forgotten. */
  sync(): void;
  /** The kernel marks the pages clean although nothing was written: a later sync succeeds falsely. */
  failSync(): void;
  /** Power is lost: each unsynced sector is there or not, the size is old, new or between; holes read as NUL. */
  crash(random: Random): void;
}

/** Bytes that grow; unwritten ones are NUL. */
function growing() {
  let bytes: Uint8Array = new Uint8Array(1024);
  return {
    upTo: (end: number): Uint8Array => {
      if (end > bytes.length) {
        const larger = new Uint8Array(Math.max(end, bytes.length * 2));
        larger.set(bytes);
        bytes = larger;
      }
      return bytes;
    },
  };
}

export function createInode(mode: number, uid: number, gid: number): Inode {
  const seen = growing();
  const stable = growing();
  let size = 0;
  let stableSize = 0;
  let reservedEnd = 0;
  /** Sectors that the next sync writes, and sectors that a failed sync forgot. */
  const dirty = new Set<number>();
  const forgotten = new Set<number>();

  const mark = (from: number, to: number) => {
    for (let sector = Math.floor(from / sectorBytes); sector * sectorBytes < to; sector++) {
      dirty.add(sector);
      forgotten.delete(sector);
    }
  };
  const copySector = (sector: number, toStable: boolean) => {
    const from = sector * sectorBytes;
    const to = from + sectorBytes;
    const [source, target] = toStable ? [seen, stable] : [stable, seen];
    target.upTo(to).set(source.upTo(to).subarray(from, to), from);
  };
  return {
    kind: "file",
    mode,
    uid,
    gid,
    modifiedMs: 0,
    lockedBy: undefined,
    allocated: () => Math.max(size, reservedEnd),
    size: () => size,
    read: (offset, length) => seen.upTo(size).slice(offset, Math.max(offset, Math.min(size, offset + length))),
    medium: () => stable.upTo(stableSize).subarray(0, stableSize),
    write: (bytes, offset) => {
      seen.upTo(offset + bytes.length).set(bytes, offset);
      size = Math.max(size, offset + bytes.length);
      mark(offset, offset + bytes.length);
    },
    truncate: (to) => {
      if (to < size) {
        seen.upTo(size).fill(0, to, size);
        mark(to, size);
      }
      size = to;
      reservedEnd = 0;
    },
    reserveUpTo: (end) => {
      reservedEnd = Math.max(reservedEnd, end);
    },
    sync: () => {
      for (const sector of dirty) copySector(sector, true);
      dirty.clear();
      stableSize = size;
    },
    failSync: () => {
      for (const sector of dirty) forgotten.add(sector);
      dirty.clear();
    },
    crash: (random) => {
      const newSize = random.chance(0.3) ? size : stableSize + random.below(Math.max(1, size - stableSize + 1));
      for (const sector of [...dirty, ...forgotten]) copySector(sector, random.chance(0.5));
      size = size < stableSize ? (random.chance(0.5) ? size : stableSize) : newSize;
      seen.upTo(size + sectorBytes).fill(0, size);
      stable.upTo(size + sectorBytes).fill(0, size);
      stableSize = size;
      dirty.clear();
      forgotten.clear();
    },
  };
}
