/** Reads the flat folder of an ISO 9660 image through its Joliet names, independently of the writer. */

const sector = 2048;

interface Volume {
  readonly label: string;
  readonly sectors: number;
  readonly files: ReadonlyMap<string, Buffer>;
}

const ucs2 = (bytes: Uint8Array) => Buffer.from(bytes).swap16().toString("utf16le");

/** `type` 1 is the plain descriptor, 2 the Joliet one. */
export function readIso(bytes: Uint8Array, type: 1 | 2): Volume {
  const image = Buffer.from(bytes);
  let descriptor: Buffer | undefined;
  for (let at = 16; image[at * sector] !== 255; at++) {
    if (image.toString("latin1", at * sector + 1, at * sector + 6) !== "CD001")
      throw new Error(`no descriptor at ${at}`);
    if (image[at * sector] === type) descriptor = image.subarray(at * sector, (at + 1) * sector);
  }
  if (!descriptor) throw new Error(`no descriptor of type ${type}`);
  const text = (part: Uint8Array) => (type === 2 ? ucs2(part) : Buffer.from(part).toString("latin1"));
  const folder = image.subarray(descriptor.readUInt32LE(158) * sector).subarray(0, descriptor.readUInt32LE(166));
  const files = new Map<string, Buffer>();
  for (let at = 0; (folder[at] ?? 0) > 0; at += folder[at] ?? 0) {
    const start = folder.readUInt32LE(at + 2) * sector;
    if (folder.readUInt32BE(at + 6) * sector !== start) throw new Error("the two byte orders differ");
    const name = folder.subarray(at + 33, at + 33 + (folder[at + 32] ?? 0));
    if ((folder[at + 25] ?? 0) === 0)
      files.set(text(name), image.subarray(start, start + folder.readUInt32LE(at + 10)));
  }
  return { label: text(descriptor.subarray(40, 72)).trimEnd(), sectors: descriptor.readUInt32LE(80), files };
}
