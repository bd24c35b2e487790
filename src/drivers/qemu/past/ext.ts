/** What a file of an ext2, ext3 or ext4 file system is: the fields of its inode, which debugfs finds but does not say in full. */
import { UserError } from "../../../errors.ts";

/** Where the superblock lies in the file system, and how much of it is looked at. */
export const superblockAt = 1024;
export const superblockBytes = 264;

export interface Superblock {
  readonly blockBytes: number;
  readonly inodeBytes: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  /** Of this very file system; a copy has the same. */
  readonly id: string;
  /** Its journal holds what was not yet written to its place. */
  readonly needsReplay: boolean;
}

export interface Inode {
  readonly number: number;
  /** Permissions and type, as in stat(2). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  readonly links: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Equal when neither content nor anything else of it was touched; reading is no touch. */
  readonly stamp: string;
  /** A short symbolic link's target, which stands in the inode. */
  readonly inner?: Buffer;
  /** Of a device: major and minor number. */
  readonly device: readonly [number, number];
}

export const rootInode = 2;
const recoverFlag = 0x4;
const innerBytes = 60;
const flags = { extents: 0x8_0000, inlineData: 0x1000_0000 } as const;
/** Fields beyond the first 128 bytes are there when `i_extra_isize` covers them. */
const oldInodeBytes = 128;

/** Offsets are those of struct ext4_super_block. Throws `files-damaged`. */
export function parseSuperblock(bytes: Buffer): Superblock {
  const facts = {
    blockBytes: 1024 * 2 ** bytes.readUInt32LE(0x18),
    inodeBytes: bytes.readUInt32LE(0x4c) === 0 ? oldInodeBytes : bytes.readUInt16LE(0x58),
    inodes: bytes.readUInt32LE(0),
    inodesPerGroup: bytes.readUInt32LE(0x28),
    id: bytes.toString("hex", 0x68, 0x78),
    needsReplay: (bytes.readUInt32LE(0x60) & recoverFlag) !== 0,
  };
  const { blockBytes, inodeBytes, inodesPerGroup } = facts;
  const isSane = blockBytes <= 65536 && inodeBytes >= oldInodeBytes && inodeBytes <= blockBytes && inodesPerGroup > 0;
  if (!isSane) throw damaged("its superblock makes no sense");
  return facts;
}

/** Offsets are those of struct ext4_inode. */
export function parseInode(number: number, bytes: Buffer): Inode {
  const mode = bytes.readUInt16LE(0);
  const size = bytes.readUInt32LE(4) + (hasHighSize(mode) ? bytes.readUInt32LE(0x6c) * 2 ** 32 : 0);
  const inner = bytes.subarray(0x28, 0x28 + innerBytes);
  const [changed, modified] = [timeAt(bytes, 0x0c, 0x84), timeAt(bytes, 0x10, 0x88)];
  const isInside = (bytes.readUInt32LE(0x20) & (flags.extents | flags.inlineData)) === 0 && size < innerBytes;
  return {
    number,
    mode,
    uid: bytes.readUInt16LE(2) + bytes.readUInt16LE(0x78) * 2 ** 16,
    gid: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 2 ** 16,
    bytes: size,
    links: bytes.readUInt16LE(0x1a),
    modifiedMs: modified.seconds * 1000 + Math.floor(modified.nanoseconds / 1e6),
    stamp: [number, bytes.readUInt32LE(0x64), size, ...Object.values(changed), ...Object.values(modified)].join(),
    ...(kindOf(mode) === "symlink" && isInside && { inner: inner.subarray(0, size) }),
    device: deviceOf(inner),
  };
}

export type Kind = "file" | "directory" | "symlink" | "other";

const kinds: Readonly<Record<number, Kind>> = { 0o10: "file", 0o4: "directory", 0o12: "symlink" };
export const kindOf = (mode: number): Kind => kinds[mode >> 12] ?? "other";

const hasHighSize = (mode: number) => ["file", "directory"].includes(kindOf(mode));

/** Seconds of 34 bits, of which the upper two stand with the nanoseconds in the newer part. */
function timeAt(bytes: Buffer, at: number, extraAt: number): { seconds: number; nanoseconds: number } {
  const reaches = bytes.length > oldInodeBytes ? oldInodeBytes + bytes.readUInt16LE(oldInodeBytes) : 0;
  const extra = extraAt + 4 <= Math.min(reaches, bytes.length) ? bytes.readUInt32LE(extraAt) : 0;
  return { seconds: bytes.readInt32LE(at) + (extra & 3) * 2 ** 32, nanoseconds: Math.min(extra >>> 2, 999_999_999) };
}

/** The old form (8 bits each) in the first word, the new one in the second. */
function deviceOf(inner: Buffer): [number, number] {
  const [old, long] = [inner.readUInt32LE(0), inner.readUInt32LE(4)];
  if (old !== 0) return [(old >> 8) & 0xff, old & 0xff];
  return [(long >> 8) & 0xfff, (long & 0xff) | ((long >>> 12) & 0xf_ff00)];
}

export const damaged = (why: string) =>
  new UserError("files-damaged", `the file system of the past disk is damaged: ${why}`);
