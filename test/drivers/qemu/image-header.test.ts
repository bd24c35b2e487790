import { describe, expect, test } from "bun:test";
import { readImageHeader } from "../../../src/drivers/qemu/image-header.ts";

/** A qcow2 header as the format's specification lays it out; each field can be bent. */
function qcow2(
  bend: { version?: number; backing?: bigint; size?: bigint; crypt?: number; features?: bigint } = {},
): Buffer {
  const head = Buffer.alloc(1024);
  head.write("QFI\xfb", "latin1");
  head.writeUInt32BE(bend.version ?? 3, 4);
  head.writeBigUInt64BE(bend.backing ?? 0n, 8);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(bend.size ?? 2n ** 30n, 24);
  head.writeUInt32BE(bend.crypt ?? 0, 32);
  head.writeBigUInt64BE(bend.features ?? 0n, 72);
  return head;
}

const bootSector = (() => {
  const head = Buffer.alloc(1024);
  head.set([0x55, 0xaa], 510);
  return head;
})();
const text = (content: string) => Buffer.concat([Buffer.from(content, "latin1"), Buffer.alloc(1024)]).subarray(0, 1024);

test("qcow2 tells its virtual size, raw is as large as its file", () => {
  expect(readImageHeader(qcow2(), 999)).toEqual({ format: "qcow2", virtualSize: 2 ** 30 });
  expect(readImageHeader(qcow2({ version: 2, features: 4n }), 999).format).toBe("qcow2");
  expect(readImageHeader(bootSector, 4096)).toEqual({ format: "raw", virtualSize: 4096 });
});

describe("what is no image that stands alone is refused, and named", () => {
  const table: [string, Buffer, number, string][] = [
    ["a backing file", qcow2({ backing: 104n }), 999, "needs another file: it has a backing file"],
    ["a data file", qcow2({ features: 1n << 2n }), 999, "needs another file: it keeps its data outside"],
    ["the corrupt mark", qcow2({ features: 1n << 1n }), 999, "is marked as corrupt"],
    ["a feature of the future", qcow2({ features: 1n << 40n }), 999, "has features that are not known"],
    ["encryption", qcow2({ crypt: 2 }), 999, "is encrypted"],
    ["17 TiB", qcow2({ size: 17n << 40n }), 999, "has a disk of 17T, more than 16T"],
    ["a size beyond all numbers", qcow2({ size: 2n ** 64n - 1n }), 999, "more than 16T"],
    ["no size", qcow2({ size: 0n }), 999, "is empty"],
    ["qcow version 1", qcow2({ version: 1 }), 999, "is qcow version 1"],
    ["a header cut off", qcow2().subarray(0, 60), 60, "is cut off within its header"],
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
