import { describe, expect, test } from "bun:test";
import { readImageHeader } from "../../../src/drivers/qemu/image-header.ts";

type Extension = readonly [type: number, content: Uint8Array | string];
interface Bend {
  version?: number;
  backing?: bigint;
  size?: bigint;
  crypt?: number;
  features?: bigint;
  clusterBits?: number;
  l1?: number;
  l1At?: bigint;
  counts?: number;
  countsAt?: bigint;
  snapshots?: number;
  snapshotsAt?: bigint;
  countOrder?: number;
  headerBytes?: number;
  compression?: number;
  extensions?: readonly Extension[];
}

/** A qcow2 header as the format's specification lays it out, as QEMU would write it for 1 GiB; each field can be bent. */
function qcow2(bend: Bend = {}): Buffer {
  const head = Buffer.alloc(4096);
  const headerBytes = bend.headerBytes ?? 112;
  head.write("QFI\xfb", "latin1");
  head.writeUInt32BE(bend.version ?? 3, 4);
  head.writeBigUInt64BE(bend.backing ?? 0n, 8);
  head.writeUInt32BE(bend.clusterBits ?? 16, 20);
  head.writeBigUInt64BE(bend.size ?? 2n ** 30n, 24);
  head.writeUInt32BE(bend.crypt ?? 0, 32);
  head.writeUInt32BE(bend.l1 ?? 2, 36);
  head.writeBigUInt64BE(bend.l1At ?? 0x30000n, 40);
  head.writeBigUInt64BE(bend.countsAt ?? 0x10000n, 48);
  head.writeUInt32BE(bend.counts ?? 1, 56);
  head.writeUInt32BE(bend.snapshots ?? 0, 60);
  head.writeBigUInt64BE(bend.snapshotsAt ?? 0n, 64);
  head.writeBigUInt64BE(bend.features ?? 0n, 72);
  head.writeUInt32BE(bend.countOrder ?? 4, 96);
  head.writeUInt32BE(headerBytes, 100);
  head.writeUInt8(bend.compression ?? 0, 104);
  let at = headerBytes;
  for (const [type, content] of bend.extensions ?? []) {
    head.writeUInt32BE(type, at);
    head.writeUInt32BE(content.length, at + 4);
    head.set(Buffer.from(content), at + 8);
    at += 8 + Math.ceil(content.length / 8) * 8;
  }
  return head;
}
/** As long as the file that QEMU makes of it. */
const whole = 0x40000;
const featureNames: Extension = [0x6803f857, Buffer.alloc(336)];

const bootSector = (() => {
  const head = Buffer.alloc(1024);
  head.set([0x55, 0xaa], 510);
  return head;
})();
const text = (content: string) => Buffer.concat([Buffer.from(content, "latin1"), Buffer.alloc(1024)]).subarray(0, 1024);

test("qcow2 tells its virtual size, raw is as large as its file", () => {
  expect(readImageHeader(qcow2(), whole)).toEqual({ format: "qcow2", virtualSize: 2 ** 30 });
  expect(readImageHeader(qcow2({ version: 2, features: 4n, headerBytes: 72 }), whole).format).toBe("qcow2");
  expect(readImageHeader(bootSector, 4096)).toEqual({ format: "raw", virtualSize: 4096 });
});

test("what QEMU writes besides is taken: names of features, zstd, snapshots within bounds, 16 TiB", () => {
  const good: Bend[] = [
    { extensions: [featureNames, [0, ""]] },
    { features: 1n << 3n, compression: 1 },
    { snapshots: 3, snapshotsAt: 0x20000n },
    { size: 16n << 40n, l1: 32_768 },
  ];
  for (const bend of good) expect(readImageHeader(qcow2(bend), 2 ** 20).format).toBe("qcow2");
});

describe("what is no image that stands alone is refused, and named", () => {
  const q = (name: string, bend: Bend, message: string): [string, Buffer, number, string] => [
    name,
    qcow2(bend),
    whole,
    message,
  ];
  const table: [string, Buffer, number, string][] = [
    q("a backing file", { backing: 104n }, "needs another file: it has a backing file"),
    q("a data file", { features: 1n << 2n }, "needs another file: it keeps its data outside"),
    q("a data file in an extension", { extensions: [[0x44415441, "/etc/shadow"]] }, "it keeps its data outside"),
    q("one behind others", { extensions: [featureNames, [0x44415441, "x"]] }, "it keeps its data outside"),
    q("a key in an extension", { extensions: [[0x0537be77, Buffer.alloc(16)]] }, "is encrypted"),
    q("bitmaps", { extensions: [[0x23852875, Buffer.alloc(24)]] }, "keeps dirty bitmaps"),
    q(
      "an extension beyond its cluster",
      { clusterBits: 9, extensions: [[7, Buffer.alloc(600)]] },
      "longer than its header",
    ),
    q("the corrupt mark", { features: 1n << 1n }, "is marked as corrupt"),
    q("a feature of the future", { features: 1n << 40n }, "has features that are not known"),
    q("a compression of the future", { features: 1n << 3n, compression: 2 }, "is compressed in a way"),
    q("a compression that it denies", { compression: 1 }, "is compressed in a way"),
    q("encryption", { crypt: 2 }, "is encrypted"),
    q("clusters of 256 bytes", { clusterBits: 8 }, "has clusters of 2^8 bytes"),
    q("clusters of 4 GiB", { clusterBits: 32 }, "has clusters of 2^32 bytes"),
    q("a header shorter than it is", { headerBytes: 96 }, "has a header of 96 bytes"),
    q("a table for clusters of 512 bytes that is not there", { clusterBits: 9, l1: 2 ** 16 }, "lies outside"),
    q("a first table of 32 GiB", { l1: 2 ** 32 - 1 }, "its first table has 34359738360 bytes"),
    q("a first table beyond the end", { l1At: 2n ** 62n }, "its first table lies outside"),
    q("a first table over the header", { l1At: 0n }, "its first table lies outside"),
    q("a first table between clusters", { l1At: 0x10001n }, "its first table lies outside"),
    q("a first table that is too short", { l1: 1 }, "does not reach to its end"),
    q("16 TiB in a table for 1 GiB", { size: 16n << 40n }, "does not reach to its end"),
    q("counts of 256 TiB", { counts: 2 ** 32 - 1 }, "its table of counts has"),
    q("counts beyond the end", { countsAt: 0x40000n }, "its table of counts lies outside"),
    q("counts of 2^30 bits", { countOrder: 30 }, "counts its clusters with more than 64 bits"),
    q("four billion snapshots", { snapshots: 2 ** 32 - 1 }, "snapshots inside, more than 64"),
    q("snapshots beyond the end", { snapshots: 1, snapshotsAt: 2n ** 40n }, "its list of snapshots lies outside"),
    ["17 TiB", qcow2({ size: 17n << 40n, l1: 34_816 }), 2 ** 20, "has a disk of 17T, more than 16T"],
    q("a size beyond all numbers", { size: 2n ** 64n - 1n }, "does not reach to its end"),
    q("no size", { size: 0n }, "is empty"),
    q("qcow version 1", { version: 1 }, "is qcow version 1"),
    ["a header cut off", qcow2().subarray(0, 60), 60, "is cut off within its header"],
    ["tables cut off", qcow2(), 4096, "is damaged or cut off"],
    ["a VMDK", text("KDMV"), 4096, "is a VMDK image"],
    ["a VHDX", text("vhdxfile"), 4096, "is a VHDX image"],
    ["gzip", text("\x1f\x8b\x08"), 4096, "is compressed (gzip)"],
    ["a text", text("hello"), 4096, "is no disk image"],
    ["an empty file", Buffer.alloc(0), 0, "is no disk image"],
    ["half a sector", bootSector, 4097, "is cut off"],
    ["a raw disk of 17 TiB", bootSector, 17 * 2 ** 40, "has a disk of 17T"],
  ];
  for (const [name, head, bytes, message] of table)
    test(name, () =>
      expect(() => readImageHeader(head, bytes)).toThrow(
        expect.objectContaining({ code: "image-invalid", message: expect.stringContaining(message) }),
      ),
    );
});
