/** What one of our own layers says of itself: the file it stands on, and its size. Layout: docs/interop/qcow2 of QEMU. */
import { UserError } from "../../errors.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import { virtualSizeMax } from "./image-header.ts";

export interface LayerHeader {
  /** Name of the parent as written into the layer. */
  readonly backing: string;
  readonly format: "qcow2" | "raw";
  readonly virtualSize: number;
  /** The first table: where it lies, and its length in bytes. */
  readonly table: { readonly at: number; readonly bytes: number };
}

const magic = 0x514649fb;
const version = 3;
/** Fixed fields, extensions, and in what `qemu-img` makes the parent's name too. */
const headBytes = 4096;
const tableEntryBytes = 8;
const leastBytes = 104;
/** Of the incompatible features: it keeps its data in another file, by a name in it. Ours never do. */
const dataFileBit = 1n << 2n;
const nameBytesMax = 1023;
/** The name lies in the first cluster, and none is larger. */
const nameAtMax = 2 ** 21;
/** The extension that names the parent's format. */
const formatExtension = 0xe2792aca;

/** Throws `layer-damaged` for what is no layer of ours; the file must be there. */
export async function readLayerHeader(files: Files, path: string): Promise<LayerHeader> {
  const file = await files.open(path, "read");
  try {
    const header = await parse(file);
    if (header) return header;
  } finally {
    await file.close();
  }
  throw new UserError("layer-damaged", `${path} is no layer of a disk`);
}

async function parse(file: OpenFile): Promise<LayerHeader | undefined> {
  const head = Buffer.from(await file.read(0, headBytes));
  if (head.length < leastBytes || head.readUInt32BE(0) !== magic || head.readUInt32BE(4) !== version) return undefined;
  if ((head.readBigUInt64BE(72) & dataFileBit) !== 0n) return undefined;
  const at = Number(head.readBigUInt64BE(8));
  const length = head.readUInt32BE(16);
  const virtualSize = Number(head.readBigUInt64BE(24));
  const hasName = at >= leastBytes && at <= nameAtMax && length > 0 && length <= nameBytesMax;
  if (!hasName || virtualSize > virtualSizeMax) return undefined;
  const name = Buffer.from(await file.read(at, length));
  const format = formatIn(head);
  const table = { at: Number(head.readBigUInt64BE(40)), bytes: head.readUInt32BE(36) * tableEntryBytes };
  return format && name.length === length ? { backing: name.toString(), format, virtualSize, table } : undefined;
}

/** Each extension is a type, a length and that many bytes, up to the next multiple of 8. Type 0 ends them. */
function formatIn(head: Buffer): LayerHeader["format"] | undefined {
  for (let at = head.readUInt32BE(100); at + 8 <= head.length;) {
    const type = head.readUInt32BE(at);
    const length = head.readUInt32BE(at + 4);
    if (type === 0) return undefined;
    if (type === formatExtension) {
      const format = head.toString("latin1", at + 8, at + 8 + length);
      return format === "qcow2" || format === "raw" ? format : undefined;
    }
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return undefined;
}
