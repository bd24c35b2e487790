/** Writes a GUID partition table: protective MBR, header and entries, and their copy at the disk's end (UEFI specification 2.10, 5). */
import { sectorBytes } from "./boot.ts";

export interface Partition {
  /** 1 to 128: the number in its device's name. */
  readonly number: number;
  /** A type's GUID, see below. */
  readonly type: string;
  readonly startSector: number;
  readonly sectors: number;
  /** The partition's own GUID. */
  readonly id: string;
}

export const partitionTypes = {
  /** Where GRUB's core lies on a disk with a GPT. */
  biosBoot: "21686148-6449-6e6f-744e-656564454649",
  /** Root file system of an x86-64 machine (Discoverable Partitions Specification). */
  linuxRoot: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
} as const;

const entryCount = 128;
const entryBytes = 128;
const entrySectors = (entryCount * entryBytes) / sectorBytes;
const headerBytes = 92;

/** Header and entries at either end. */
export const gptSectors = 1 + entrySectors;

export interface PartitionTable {
  /** Goes to byte 440 of the disk, behind the boot code: the protective MBR from there on, header and entries. */
  readonly front: Buffer;
  /** Goes to the disk's last sectors. */
  readonly back: Buffer;
}

const mbrTableOffset = 440;
export const frontOffset = mbrTableOffset;

/** The table of a disk of `diskSectors`, called `diskId` (a GUID). */
export function guidPartitionTable(
  diskSectors: number,
  diskId: string,
  partitions: readonly Partition[],
): PartitionTable {
  const last = diskSectors - 1;
  const entries = Buffer.alloc(entryCount * entryBytes);
  for (const partition of partitions) {
    checkPlace(partition, diskSectors);
    entryOf(partition).copy(entries, (partition.number - 1) * entryBytes);
  }
  const header = (own: number, other: number, firstEntry: number) =>
    headerOf({ own, other, firstEntry, diskSectors, diskId, entries });
  return {
    front: Buffer.concat([protectiveMbr(diskSectors), header(1, last, 2), entries]),
    back: Buffer.concat([entries, header(last, 1, last - entrySectors)]),
  };
}

function checkPlace({ number, startSector, sectors }: Partition, diskSectors: number): void {
  const isInside = startSector > gptSectors && startSector + sectors <= diskSectors - gptSectors;
  if (!isInside || number < 1 || number > entryCount) throw new Error(`partition ${number} does not fit on the disk`);
}

function entryOf({ type, id, startSector, sectors }: Partition): Buffer {
  const entry = Buffer.alloc(entryBytes);
  guid(type).copy(entry, 0);
  guid(id).copy(entry, 16);
  entry.writeBigUInt64LE(BigInt(startSector), 32);
  entry.writeBigUInt64LE(BigInt(startSector + sectors - 1), 40);
  return entry;
}

interface HeaderFacts {
  readonly own: number;
  readonly other: number;
  readonly firstEntry: number;
  readonly diskSectors: number;
  readonly diskId: string;
  readonly entries: Buffer;
}

function headerOf({ own, other, firstEntry, diskSectors, diskId, entries }: HeaderFacts): Buffer {
  const header = Buffer.alloc(sectorBytes);
  header.write("EFI PART", 0, "latin1");
  header.writeUInt32LE(0x1_0000, 8); // revision 1.0
  header.writeUInt32LE(headerBytes, 12);
  const places = [own, other, gptSectors + 1, diskSectors - 1 - gptSectors];
  places.forEach((sector, index) => header.writeBigUInt64LE(BigInt(sector), 24 + index * 8));
  guid(diskId).copy(header, 56);
  header.writeBigUInt64LE(BigInt(firstEntry), 72);
  header.writeUInt32LE(entryCount, 80);
  header.writeUInt32LE(entryBytes, 84);
  header.writeUInt32LE(Bun.hash.crc32(entries), 88);
  header.writeUInt32LE(Bun.hash.crc32(header.subarray(0, headerBytes)), 16);
  return header;
}

/** One partition of type EEh over the whole disk, for programs that know nothing of GPT; from byte 440 to the sector's end. */
function protectiveMbr(diskSectors: number): Buffer {
  const mbr = Buffer.alloc(sectorBytes);
  mbr.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff], 446);
  mbr.writeUInt32LE(1, 454);
  mbr.writeUInt32LE(Math.min(diskSectors - 1, 0xffff_ffff), 458);
  mbr.set([0x55, 0xaa], 510);
  return mbr.subarray(mbrTableOffset);
}

/** The first three groups are little-endian numbers, the rest are bytes in order. */
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  if (bytes.length !== 16) throw new Error(`${text} is no GUID`);
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}
