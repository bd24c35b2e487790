/**
 * Judges the header of a foreign qcow2 image: what it says of itself must be possible, small and inside the file, since each
 * machine that stands on it reads it again. Source of the layout and the bounds: docs/interop/qcow2 and block/qcow2.h of QEMU.
 */
export interface Qcow2Facts {
  readonly virtualSize: number;
}

/** What is wrong with it, as the end of a sentence that begins with "the image". */
export class Qcow2Fault extends Error {}

/** Incompatible features: dirty, corrupt, data file, compression type, extended L2. */
const corruptBit = 1n << 1n;
const dataFileBit = 1n << 2n;
const compressionBit = 1n << 3n;
const extendedBit = 1n << 4n;
const knownBits = 0b11111n;

/** Header extensions that name another file, or hold what QEMU would load with each start. */
const extensions: Readonly<Record<number, string>> = {
  0x44415441: "needs another file: it keeps its data outside",
  0x0537be77: "is encrypted",
  0x23852875: "keeps dirty bitmaps of its past",
};

const leastHeader = { 2: 72, 3: 104 } as const;
const clusterBits = { min: 9, max: 21 } as const;
/** Header and extensions; those that QEMU writes have less than 1 KiB. */
export const qcow2HeaderBytes = 4096;
const l1BytesMax = 32 * 2 ** 20;
const refcountBytesMax = 8 * 2 ** 20;
const refcountOrderMax = 6;
const snapshotsMax = 64;
/** zlib and zstd. Each unpacks one cluster at a time, into at most one cluster. */
const compressionMax = 1;

/** `head` begins the file, which has `fileBytes` in all. Throws `Qcow2Fault`. */
export function readQcow2Header(head: Buffer, fileBytes: number): Qcow2Facts {
  if (head.length < leastHeader[3]) throw new Qcow2Fault("is cut off within its header");
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new Qcow2Fault(`is qcow version ${version}, not 2 or 3`);
  if (head.readBigUInt64BE(8) !== 0n) throw new Qcow2Fault("needs another file: it has a backing file");
  if (head.readUInt32BE(32) !== 0) throw new Qcow2Fault("is encrypted");
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  checkFeatures(features);
  const bits = head.readUInt32BE(20);
  if (bits < clusterBits.min || bits > clusterBits.max)
    throw new Qcow2Fault(`has clusters of 2^${bits} bytes, which there are not`);
  const cluster = 2 ** bits;
  const headerBytes = version === 3 ? head.readUInt32BE(100) : leastHeader[2];
  if (headerBytes < leastHeader[version] || headerBytes > Math.min(cluster, qcow2HeaderBytes) || headerBytes % 8 !== 0)
    throw new Qcow2Fault(`has a header of ${headerBytes} bytes, which there is not`);
  checkCompression(head, features, headerBytes);
  checkExtensions(head, headerBytes, Math.min(cluster, qcow2HeaderBytes));
  const virtualSize = Number(head.readBigUInt64BE(24));
  checkTables(head, { fileBytes, cluster, virtualSize, isExtended: (features & extendedBit) !== 0n });
  if (version === 3 && head.readUInt32BE(96) > refcountOrderMax)
    throw new Qcow2Fault("counts its clusters with more than 64 bits");
  return { virtualSize };
}

function checkFeatures(features: bigint): void {
  if ((features & dataFileBit) !== 0n) throw new Qcow2Fault(extensions[0x44415441]);
  if ((features & corruptBit) !== 0n) throw new Qcow2Fault("is marked as corrupt");
  if ((features & ~knownBits) !== 0n) throw new Qcow2Fault("has features that are not known");
}

function checkCompression(head: Buffer, features: bigint, headerBytes: number): void {
  const type = headerBytes > leastHeader[3] ? head.readUInt8(104) : 0;
  if (type > compressionMax || (type !== 0) !== ((features & compressionBit) !== 0n))
    throw new Qcow2Fault("is compressed in a way that is not known");
}

/** Each is a type, a length and that many bytes, up to the next multiple of 8. Type 0 ends them. */
function checkExtensions(head: Buffer, start: number, end: number): void {
  for (let at = start; at + 8 <= end;) {
    if (at + 8 > head.length) return;
    const type = head.readUInt32BE(at);
    const length = head.readUInt32BE(at + 4);
    if (type === 0) return;
    const fault = extensions[type];
    if (fault !== undefined) throw new Qcow2Fault(fault);
    if (length > end - at - 8) throw new Qcow2Fault("has a header extension that is longer than its header");
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

interface Shape {
  readonly fileBytes: number;
  readonly cluster: number;
  readonly virtualSize: number;
  readonly isExtended: boolean;
}

function checkTables(head: Buffer, shape: Shape): void {
  const { cluster, virtualSize, isExtended } = shape;
  const l1 = { bytes: head.readUInt32BE(36) * 8, at: head.readBigUInt64BE(40) };
  const perL1 = (cluster / (isExtended ? 16 : 8)) * cluster;
  checkTable("its first table", l1, l1BytesMax, shape);
  if (l1.bytes / 8 < Math.ceil(virtualSize / perL1))
    throw new Qcow2Fault("is broken: its first table does not reach to its end");
  const refcounts = { bytes: head.readUInt32BE(56) * cluster, at: head.readBigUInt64BE(48) };
  checkTable("its table of counts", refcounts, refcountBytesMax, shape);
  const snapshots = head.readUInt32BE(60);
  if (snapshots > snapshotsMax) throw new Qcow2Fault(`has ${snapshots} snapshots inside, more than ${snapshotsMax}`);
  if (snapshots > 0) checkTable("its list of snapshots", { bytes: 1, at: head.readBigUInt64BE(64) }, 1, shape);
}

function checkTable(
  what: string,
  { bytes, at }: { readonly bytes: number; readonly at: bigint },
  bytesMax: number,
  { fileBytes, cluster }: Shape,
): void {
  if (bytes > bytesMax) throw new Qcow2Fault(`is absurd: ${what} has ${bytes} bytes, more than ${bytesMax}`);
  if (bytes === 0) return;
  if (at % BigInt(cluster) !== 0n || at === 0n || at + BigInt(bytes) > BigInt(fileBytes))
    throw new Qcow2Fault(`is damaged or cut off: ${what} lies outside of it`);
}
