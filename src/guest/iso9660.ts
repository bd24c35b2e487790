/** Writes small ISO 9660 images with Joliet names (ECMA-119 and Microsoft's Joliet specification): one flat folder, the same bytes for the same input. */
import { assert } from "../errors.ts";

export interface IsoFile {
  /** As the guest sees it; Joliet keeps it exactly. At most 64 characters. */
  readonly name: string;
  readonly content: Uint8Array;
}

const sector = 2048;
const systemSectors = 16;
/** Order on the image: primary descriptor, Joliet descriptor, terminator, then for each of the two views its path tables and folder. */
const layout = {
  primary: 16,
  joliet: 17,
  terminator: 18,
  primaryTables: 19,
  jolietTables: 21,
  primaryFolder: 23,
  jolietFolder: 24,
  files: 25,
};
/**
 * Behind the last file. Readers that look for a label among many kinds of file systems give up on a disk that ends before
 * the place where they expect another kind's (64 KiB and more), seen with busybox.
 */
const paddingSectors = 150;
const nameCharactersMax = 64;
/** One sector holds the folder: far more than a seed's files need. */
const filesMax = 8;
/** Every date is the same, so that the same input gives the same bytes. */
const recordedAt = [70, 1, 1, 0, 0, 0, 0]; // 1970-01-01 00:00:00, UTC

const sectorsOf = (bytes: number) => Math.ceil(bytes / sector);
const ascii = (text: string, length: number) => Buffer.from(text.padEnd(length, " "), "latin1");
/** Joliet's characters: UCS-2, big-endian. */
const ucs2 = (text: string) => Buffer.from(text, "utf16le").swap16();
const padUcs2 = (text: string, length: number) =>
  Buffer.concat([ucs2(text.padEnd(length >> 1, " ")), Buffer.alloc(length & 1)]);

/** A number in both byte orders, as ISO 9660 likes it. */
function both16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(value, 0);
  bytes.writeUInt16BE(value, 2);
  return bytes;
}
function both32(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  bytes.writeUInt32BE(value, 4);
  return bytes;
}

/** A directory record (ECMA-119, 9.1). */
function record(identifier: Uint8Array, at: number, bytes: number, isFolder: boolean): Buffer {
  const fields = Buffer.concat([
    Buffer.of(0),
    both32(at),
    both32(bytes),
    Buffer.from(recordedAt),
    Buffer.of(isFolder ? 2 : 0, 0, 0),
    both16(1),
    Buffer.of(identifier.length),
    identifier,
  ]);
  const length = (fields.length + 2) & ~1;
  return Buffer.concat([Buffer.of(length), fields, Buffer.alloc(length - 1 - fields.length)]);
}

/** The view of the one folder: how names are written, and where its tables and records lie. */
interface View {
  readonly tables: number;
  readonly folder: number;
  readonly nameOf: (name: string, index: number) => Uint8Array;
  readonly text: (text: string, length: number) => Buffer;
  readonly escapes: Uint8Array;
  readonly type: 1 | 2;
}

const primary: View = {
  tables: layout.primaryTables,
  folder: layout.primaryFolder,
  // Readers without Joliet see plain upper-case names; the number keeps them apart whatever was cut.
  nameOf: (name, index) =>
    Buffer.from(
      `${name
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, "_")
        .slice(0, 6)}_${index}.;1`,
      "latin1",
    ),
  text: ascii,
  escapes: Buffer.alloc(0),
  type: 1,
};
const joliet: View = {
  tables: layout.jolietTables,
  folder: layout.jolietFolder,
  nameOf: (name) => ucs2(name),
  text: padUcs2,
  escapes: Buffer.from("%/E", "latin1"), // Joliet level 3
  type: 2,
};

/** The folder's sector: itself, its parent (itself), its files in the order of their names. */
function folder(view: View, files: readonly (IsoFile & { readonly at: number })[]): Buffer {
  const self = [0, 1].map((identifier) => record(Buffer.of(identifier), view.folder, sector, true));
  const named = files.map((file, index) => ({ file, identifier: view.nameOf(file.name, index) }));
  const entries = named
    .sort((left, right) => Buffer.compare(left.identifier, right.identifier))
    .map(({ file, identifier }) => record(identifier, file.at, file.content.length, false));
  return Buffer.concat([...self, ...entries]);
}

/** The path table (ECMA-119, 9.4) of one root folder, in one of the two byte orders. */
function pathTable(view: View, isBigEndian: boolean): Buffer {
  const table = Buffer.alloc(10);
  table[0] = 1;
  if (isBigEndian) table.writeUInt32BE(view.folder, 2);
  else table.writeUInt32LE(view.folder, 2);
  if (isBigEndian) table.writeUInt16BE(1, 6);
  else table.writeUInt16LE(1, 6);
  return table;
}

/** A volume descriptor (ECMA-119, 8.4 and 8.5). */
function descriptor(view: View, volume: string, sectors: number): Buffer {
  const bytes = Buffer.alloc(sector);
  const put = (offset: number, part: Uint8Array) => bytes.set(part, offset);
  put(0, Buffer.of(view.type, ...Buffer.from("CD001", "latin1"), 1));
  put(8, view.text("", 32));
  put(40, view.text(volume, 32));
  put(80, both32(sectors));
  put(88, view.escapes);
  put(120, both16(1));
  put(124, both16(1));
  put(128, both16(sector));
  put(132, both32(10));
  bytes.writeUInt32LE(view.tables, 140);
  bytes.writeUInt32BE(view.tables + 1, 148);
  put(156, record(Buffer.of(0), view.folder, sector, true));
  for (const offset of [190, 318, 446, 574]) put(offset, view.text("", 128));
  for (const offset of [702, 739, 776]) put(offset, view.text("", 37));
  for (const offset of [813, 830, 847, 864])
    put(offset, Buffer.concat([Buffer.from("0".repeat(16), "latin1"), Buffer.of(0)]));
  bytes[881] = 1;
  return bytes;
}

/** The whole image. `volume` is its label, for example `cidata`; lower case is kept, as cloud-init's label needs it. */
export function writeIso(volume: string, files: readonly IsoFile[]): Uint8Array {
  assert(files.length <= filesMax, `an image holds at most ${filesMax} files`);
  assert(volume.length <= 16, "a volume's label has at most 16 characters");
  for (const { name } of files)
    assert(name.length <= nameCharactersMax && !/[*/:;?\\\0]/.test(name), `"${name}" is a Joliet name`);
  let next = layout.files;
  const placed = files.map((file) => {
    const at = next;
    next += sectorsOf(file.content.length);
    return { ...file, at };
  });
  const sectors = next + paddingSectors;
  const image = Buffer.alloc(sectors * sector);
  const put = (at: number, part: Uint8Array) => image.set(part, at * sector);
  for (const [at, view] of [
    [layout.primary, primary],
    [layout.joliet, joliet],
  ] as const) {
    put(at, descriptor(view, volume, sectors));
    put(view.tables, pathTable(view, false));
    put(view.tables + 1, pathTable(view, true));
    put(view.folder, folder(view, placed));
  }
  put(layout.terminator, Buffer.of(255, ...Buffer.from("CD001", "latin1"), 1));
  for (const file of placed) put(file.at, file.content);
  assert(systemSectors === layout.primary, "the first descriptor follows the system area");
  return image;
}
