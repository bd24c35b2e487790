/** The files that a frozen disk is made of. Each names the one below it, and none may lead out of the data directory. */
import { UserError } from "../../../errors.ts";
import type { Files, OpenFile } from "../../../sys/files.ts";
import { layerPath } from "../paths.ts";

export interface ChainFile {
  /** Absolute. */
  readonly path: string;
  readonly format: "qcow2" | "raw";
}

/** Layers that are all points are 64 at most before they are copied flat; forks of forks have more. */
const filesMax = 256;
const headBytes = 4096;
const nameBytesMax = 1023;
const dataFileBit = 1n << 2n;
const backingFormat = 0xe2792aca;
/** As the driver writes it: a neighbour, or a file of the image vault. */
const backingForm = /^(?:\.\.\/(?<folder>layers|images)\/)?(?<file>[A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;

/**
 * Top first. The names are judged here and handed to QEMU one by one, which would follow any: a guest that broke out of QEMU
 * may have written into its own layer. Throws `layer-missing` with the name of what is gone, `layer-damaged`.
 */
export async function readChain(files: Files, dataDirectory: string, layer: string): Promise<ChainFile[]> {
  const chain: ChainFile[] = [{ path: layerPath(dataDirectory, layer), format: "qcow2" }];
  for (let below = chain[0]; below;) {
    const status = await files.stat(below.path);
    if (status?.kind !== "file") throw missing(below.path);
    const next = below.format === "qcow2" ? await readBacking(files, dataDirectory, below.path) : undefined;
    if (next && chain.push(next) > filesMax) throw damaged(below.path, `it stands on more than ${filesMax} files`);
    below = next;
  }
  return chain;
}

async function readBacking(files: Files, dataDirectory: string, path: string): Promise<ChainFile | undefined> {
  const file = await files.open(path, "read");
  try {
    return await backingOf(file, dataDirectory, path);
  } finally {
    await file.close();
  }
}

/** Offsets are those of the qcow2 specification (docs/interop/qcow2.txt). */
async function backingOf(file: OpenFile, dataDirectory: string, path: string): Promise<ChainFile | undefined> {
  const head = Buffer.from(await file.read(0, headBytes));
  if (head.length < 104 || head.toString("latin1", 0, 4) !== "QFI\xfb") throw damaged(path, "it is no qcow2 file");
  if (head.readUInt32BE(4) === 3 && (head.readBigUInt64BE(72) & dataFileBit) !== 0n)
    throw damaged(path, "it keeps its data in another file");
  const [at, length] = [Number(head.readBigUInt64BE(8)), head.readUInt32BE(16)];
  if (at === 0) return undefined;
  const name = Buffer.from(await file.read(at, Math.min(length, nameBytesMax))).toString();
  const { folder = "layers", file: named } = backingForm.exec(name)?.groups ?? {};
  const format = formatIn(head) ?? (folder === "layers" ? "qcow2" : undefined);
  if (named === undefined || (format !== "qcow2" && format !== "raw"))
    throw damaged(path, `it stands on ${JSON.stringify(name)}, which is none of ours`);
  return { path: `${dataDirectory}/${folder}/${named}`, format };
}

/** The parent's format as a header extension says it. */
function formatIn(head: Buffer): string | undefined {
  const start = head.readUInt32BE(4) === 3 ? head.readUInt32BE(100) : 72;
  for (let at = start; at + 8 <= head.length;) {
    const [type, length] = [head.readUInt32BE(at), head.readUInt32BE(at + 4)];
    if (type === 0) return undefined;
    if (type === backingFormat) return head.toString("latin1", at + 8, at + 8 + Math.min(length, 16));
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return undefined;
}

/** The chain as QEMU takes it: every file by its own name, nothing to be looked up. */
export function blockNode(chain: readonly ChainFile[]): object {
  const lowest: object | null = null;
  return chain.reduceRight<object | null>((backing, { path, format }) => {
    const file = { driver: "file", filename: path };
    return { driver: format, file, ...(format === "qcow2" && { backing }) };
  }, lowest) as object;
}

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1).replace(/\.qcow2$/, "");

const missing = (path: string) =>
  new UserError("layer-missing", `the disk is not whole: ${fileName(path)} is gone`, { hints: [["was", path]] });

const damaged = (path: string, why: string) =>
  new UserError("layer-damaged", `the disk cannot be read: ${why}`, { hints: [["in", path]] });
