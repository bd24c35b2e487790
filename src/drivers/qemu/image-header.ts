/** Reads the first bytes of a foreign disk image and says what it is, without any tool that could be tricked by it. */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import { Qcow2Fault, qcow2HeaderBytes, readQcow2Header } from "./qcow2-header.ts";

export type ImageFacts = { readonly format: "qcow2" | "raw"; readonly virtualSize: number };

/** As much of a file's start as `readImageHeader` looks at: more than the GPT header needs. */
export const headerBytes = qcow2HeaderBytes;
export const virtualSizeMax = 16 * 2 ** 40;
const sectorBytes = 512;

/** Formats that are known and not taken: name, text at an offset. */
const foreign: readonly (readonly [string, number, string])[] = [
  ["a VMDK image", 0, "KDMV"],
  ["a VMDK description", 0, "# Disk DescriptorFile"],
  ["a VHDX image", 0, "vhdxfile"],
  ["a VHD image", 0, "conectix"],
  ["a VDI image", 0x40, "\x7f\x10\xda\xbe"],
  ["a QED image", 0, "QED\0"],
  ["compressed (gzip)", 0, "\x1f\x8b"],
  ["compressed (xz)", 0, "\xfd7zXZ"],
  ["compressed (zstd)", 0, "\x28\xb5\x2f\xfd"],
];

/**
 * Format and virtual size of the image that starts with `head` and has `fileBytes` in all. Throws `image-invalid`.
 * A raw image must carry a partition table or boot sector: any other file is no disk.
 */
export function readImageHeader(head: Uint8Array, fileBytes: number): ImageFacts {
  const text = (offset: number, length: number) =>
    Buffer.from(head.subarray(offset, offset + length)).toString("latin1");
  if (text(0, 4) === "QFI\xfb") return readQcow2(Buffer.from(head), fileBytes);
  const known = foreign.find(([, offset, magic]) => text(offset, magic.length) === magic);
  if (known) throw invalid(`is ${known[0]}`);
  if (text(510, 2) !== "\x55\xaa" && text(512, 8) !== "EFI PART")
    throw invalid("is no disk image: it has no partition table and no boot sector");
  if (fileBytes % sectorBytes !== 0) throw invalid(`is cut off: ${fileBytes} bytes are no whole number of sectors`);
  return { format: "raw", virtualSize: checkSize(fileBytes) };
}

function readQcow2(head: Buffer, fileBytes: number): ImageFacts {
  try {
    const { virtualSize } = readQcow2Header(head, fileBytes);
    return { format: "qcow2", virtualSize: checkSize(virtualSize) };
  } catch (error) {
    throw error instanceof Qcow2Fault ? invalid(error.message) : error;
  }
}

function checkSize(bytes: number): number {
  if (bytes === 0) throw invalid("is empty");
  if (bytes > virtualSizeMax)
    throw invalid(`has a disk of ${formatSize(bytes)}, more than ${formatSize(virtualSizeMax)}`);
  return bytes;
}

function invalid(what: string): UserError {
  return new UserError("image-invalid", `the image ${what}`, {
    hints: [["form", "a qcow2 or raw disk image that stands alone"]],
  });
}
