/** Where on a disk the guest's root file system lies, and of which kind it is: from the partition table and the systems' marks. */
import { UserError } from "../../../errors.ts";
import { formatSize } from "../../../model/size.ts";
import type { Disk } from "./nbd.ts";

/** A part of the disk, in bytes. */
export interface Region {
  readonly offset: number;
  readonly bytes: number;
}

interface Partition extends Region {
  /** GUID of its type as it stands on the disk, in hexadecimal; empty in a table of the old kind. */
  readonly type: string;
}

const sector = 512;
const entriesMax = 128;
const entryBytes = { min: 128, max: 512 } as const;
const oldTable = { at: 446, entryBytes: 16, entries: 4 } as const;
const protectiveType = 0xee;

/** Types of the Discoverable Partitions Specification that say "root": x86-64 and 64-bit ARM. */
const rootTypes = new Set(["e3bc684fcde8b14d96e7fbcaf984b709", "45b021b9f01dc341af444c6f280d3fae"]);

/** Marks of what may hold a root file system: kind, place in the region, text there. */
const marks: readonly (readonly [kind: string, at: number, text: string])[] = [
  ["ext", 1024 + 56, "\x53\xef"],
  ["xfs", 0, "XFSB"],
  ["btrfs", 0x1_0040, "_BHRfS_M"],
  ["f2fs", 1024, "\x10\x20\xf5\xf2"],
  ["LVM", 512 + 24, "LVM2 001"],
  ["encrypted (LUKS)", 0, "LUKS\xba\xbe"],
];

/**
 * The region of the ext2, ext3 or ext4 file system that is the guest's root: the partition whose type says so, else the largest
 * that holds a file system. Throws `file-system-unsupported`, naming the kind.
 */
export async function findRoot(disk: Disk): Promise<Region> {
  const partitions = await readPartitions(disk);
  const found: (Partition & { kind: string })[] = [];
  for (const partition of [...partitions, { offset: 0, bytes: disk.bytes, type: "" }]) {
    if (partition.offset === 0 && found.length > 0) continue;
    const kind = await kindOf(disk, partition);
    if (kind !== undefined) found.push({ ...partition, kind });
  }
  const largest = found.toSorted((a, b) => b.bytes - a.bytes);
  const root = largest.find(({ type }) => rootTypes.has(type)) ?? largest[0];
  if (root?.kind === "ext") return { offset: root.offset, bytes: root.bytes };
  throw unsupported(root);
}

async function kindOf(disk: Disk, { offset, bytes }: Region): Promise<string | undefined> {
  for (const [kind, at, text] of marks) {
    if (at + text.length > bytes) continue;
    if ((await disk.read(offset + at, text.length)).toString("latin1") === text) return kind;
  }
  return undefined;
}

/** Those that lie on the disk; none when there is no table. */
async function readPartitions(disk: Disk): Promise<Partition[]> {
  if (disk.bytes < 2 * sector) return [];
  const first = await disk.read(0, sector);
  if (first.readUInt16LE(510) !== 0xaa55) return [];
  const old = Array.from({ length: oldTable.entries }, (_, index) =>
    first.subarray(oldTable.at + index * oldTable.entryBytes),
  );
  const all = old.some((entry) => entry[4] === protectiveType)
    ? await readGuidTable(disk)
    : old
        .filter((entry) => entry[4] !== 0)
        .map((entry) => ({ offset: entry.readUInt32LE(8) * sector, bytes: entry.readUInt32LE(12) * sector, type: "" }));
  return all.filter(({ offset, bytes }) => offset > 0 && bytes > 0 && offset + bytes <= disk.bytes);
}

/** The main table (UEFI specification 2.10, 5.3); numbers that a table does not have give none. */
async function readGuidTable(disk: Disk): Promise<Partition[]> {
  const header = await disk.read(sector, sector);
  const [count, size] = [header.readUInt32LE(80), header.readUInt32LE(84)];
  const at = Number(header.readBigUInt64LE(72)) * sector;
  const isTable = header.toString("latin1", 0, 8) === "EFI PART" && count <= entriesMax;
  if (!isTable || size < entryBytes.min || size > entryBytes.max || at + count * size > disk.bytes) return [];
  const table = await disk.read(at, count * size);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * size, (index + 1) * size);
    const [from, to] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))];
    return { type: entry.toString("hex", 0, 16), offset: from * sector, bytes: (to - from + 1) * sector };
  }).filter(({ type }) => !/^0+$/.test(type));
}

function unsupported(root: { kind: string; bytes: number } | undefined): UserError {
  const what = root ? `is ${root.kind} (${formatSize(root.bytes)})` : "was not found";
  return new UserError(
    "file-system-unsupported",
    `files of a past disk are read from ext2, ext3 and ext4 only; the root file system of this one ${what}`,
  );
}
