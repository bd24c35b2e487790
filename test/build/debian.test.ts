/** The bytes of the Debian image that its builder writes itself. */
import { expect, test } from "bun:test";
import { grubSectors } from "../../build/images/grub.ts";
import { guidPartitionTable, gptSectors, partitionTypes } from "../../build/images/gpt.ts";
import { linesFor } from "../../build/packages.ts";

const diskSectors = 100_000;
const diskId = "00112233-4455-6677-8899-aabbccddeeff";
const root = {
  number: 1,
  type: partitionTypes.linuxRoot,
  startSector: 6144,
  sectors: 80_000,
  id: "11111111-2222-3333-4444-555555555555",
};
const boot = {
  number: 14,
  type: partitionTypes.biosBoot,
  startSector: 2048,
  sectors: 4096,
  id: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
};
const { front, back } = guidPartitionTable(diskSectors, diskId, [boot, root]);
/** `front` begins at byte 440 of sector 0. */
const header = front.subarray(72, 72 + 512);
const copy = back.subarray(-512);

/** The header's checksum is taken with its own field as zeros. */
function checksumHolds(sector: Buffer, entries: Buffer): boolean {
  const head = Buffer.from(sector.subarray(0, 92));
  head.writeUInt32LE(0, 16);
  return Bun.hash.crc32(head) === sector.readUInt32LE(16) && Bun.hash.crc32(entries) === sector.readUInt32LE(88);
}

test("header and copy name each other, and their checksums hold", () => {
  for (const [sector, own, other] of [
    [header, 1n, BigInt(diskSectors - 1)],
    [copy, BigInt(diskSectors - 1), 1n],
  ] as const) {
    expect(sector.toString("latin1", 0, 8)).toBe("EFI PART");
    expect([sector.readBigUInt64LE(24), sector.readBigUInt64LE(32)]).toEqual([own, other]);
    expect([sector.readBigUInt64LE(40), sector.readBigUInt64LE(48)]).toEqual([34n, BigInt(diskSectors - 34)]);
  }
  const entries = front.subarray(72 + 512);
  expect(entries.length).toBe((gptSectors - 1) * 512);
  expect(back.subarray(0, -512).equals(entries)).toBe(true);
  expect(checksumHolds(header, entries)).toBe(true);
  expect(checksumHolds(copy, entries)).toBe(true);
  expect([header.readBigUInt64LE(72), copy.readBigUInt64LE(72)]).toEqual([2n, BigInt(diskSectors - 33)]);
});

test("a partition stands under its number, with its type's bytes in the order of the standard", () => {
  const entry = front.subarray(72 + 512, 72 + 512 + 128);
  expect(entry.toString("hex", 0, 16)).toBe("e3bc684fcde8b14d96e7fbcaf984b709");
  expect([entry.readBigUInt64LE(32), entry.readBigUInt64LE(40)]).toEqual([6144n, 86_143n]);
  const fourteenth = front.subarray(72 + 512 + 13 * 128, 72 + 512 + 14 * 128);
  expect([fourteenth.readBigUInt64LE(32), fourteenth.readBigUInt64LE(40)]).toEqual([2048n, 6143n]);
});

test("the protective MBR covers the disk and ends in the boot signature", () => {
  expect([front[6 + 4], front.readUInt32LE(14), front.readUInt32LE(18)]).toEqual([0xee, 1, diskSectors - 1]);
  expect(front.readUInt16LE(70)).toBe(0xaa55);
});

test("a partition over the table or beyond the disk is refused", () => {
  const table = (change: object) => () => guidPartitionTable(diskSectors, diskId, [{ ...root, ...change }]);
  expect(table({ startSector: 33 })).toThrow("partition 1 does not fit");
  expect(table({ startSector: 90_000, sectors: 9_968 })).toThrow("partition 1 does not fit");
  expect(table({ startSector: 90_000, sectors: 9_967 })).not.toThrow();
  expect(table({ id: "no guid" })).toThrow("no guid is no GUID");
});

test("GRUB's sectors are told where its core is, and the partition table's bytes are not theirs", () => {
  const { bootCode, core } = grubSectors(Buffer.alloc(512, 1), Buffer.alloc(1024, 2), 2048);
  expect([bootCode.length, bootCode.readBigUInt64LE(0x5c), core.readBigUInt64LE(0x1f4)]).toEqual([440, 2048n, 2049n]);
  expect(() => grubSectors(Buffer.alloc(511), Buffer.alloc(1024), 2048)).toThrow("511 bytes");
});

test("mirrors of one's own are asked in place of Debian's servers, for the image's release", () => {
  expect(
    linesFor("bookworm", [
      "Debian|main|http://mirror.example/debian|trixie",
      "Debian|main|http://mirror.example/debian|trixie-updates",
      "Debian|contrib|http://mirror.example/debian|trixie",
      "Debian|main|http://mirror.example/debian-security|trixie-security",
      "Node|main|http://node.example|nodistro",
    ]),
  ).toEqual([
    "deb http://mirror.example/debian bookworm main",
    "deb http://mirror.example/debian bookworm-updates main",
    "deb http://mirror.example/debian-security bookworm-security main",
  ]);
  expect(linesFor("bookworm", ["Debian|main|http://deb.debian.org/debian|bookworm"])).toEqual([]);
  expect(() => linesFor("bookworm", ["Ubuntu|main|http://archive.ubuntu.com/ubuntu|noble"])).toThrow("no archive");
});
