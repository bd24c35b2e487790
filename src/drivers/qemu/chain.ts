/** What a layer stands on: the frozen layers below it, one after the other, down to the image. */
import { UserError } from "../../errors.ts";
import type { QemuContext } from "./context.ts";
import { readLayerHeader } from "./layer-header.ts";
import type { LayerHeader } from "./layer-header.ts";
import { layerPath, parentNamed } from "./paths.ts";

/** A file that a disk is read from. */
export interface Link {
  readonly path: string;
  readonly format: "qcow2" | "raw";
  /** The frozen layer that it is; absent: the image at the end. */
  readonly layer?: string;
}

type Ports = Pick<QemuContext, "files" | "dataDirectory">;

/** QEMU holds each open, and so many are flattened long before. */
const depthMax = 256;
const anyWrite = 0o222;

/**
 * The files below a layer, its parent first and the image last. `parent`: the layer that it must stand on, or an image when
 * undefined; a top belongs to its machine, which could have written any name into it. Throws `layer-missing`, `layer-damaged`,
 * `layer-not-frozen`.
 */
export async function readChain(ports: Ports, top: string, parent: string | undefined): Promise<Link[]> {
  const { files, dataDirectory } = ports;
  const links: Link[] = [];
  let layer = top;
  for (let depth = 0; depth < depthMax; depth++) {
    const { backing, format } = await readLayerHeader(files, layerPath(dataDirectory, layer));
    const named = parentNamed(dataDirectory, backing);
    if (depth === 0) checkParent(top, "layer" in named ? named.layer : undefined, parent);
    if (!("layer" in named)) return [...links, await imageLink(ports, named.path, format)];
    await checkFrozen(ports, named.layer);
    links.push({ path: layerPath(dataDirectory, named.layer), format: "qcow2", layer: named.layer });
    layer = named.layer;
  }
  throw new UserError("layer-damaged", `layer ${top} stands on more than ${depthMax} others`);
}

/** A frozen layer, which was checked when it was frozen, and everything below it. Throws as `readChain`. */
export async function checkFrozenChain(ports: Ports, layer: string): Promise<Link[]> {
  const { backing } = await checkFrozen(ports, layer);
  const named = parentNamed(ports.dataDirectory, backing);
  const below = await readChain(ports, layer, "layer" in named ? named.layer : undefined);
  return [{ path: layerPath(ports.dataDirectory, layer), format: "qcow2", layer }, ...below];
}

/** Throws `layer-missing`, `layer-damaged`, or `layer-not-frozen` for one that a machine still writes to. */
export async function checkFrozen({ files, dataDirectory }: Ports, layer: string): Promise<LayerHeader> {
  const path = layerPath(dataDirectory, layer);
  const status = await files.stat(path);
  if (status === undefined) throw missingLayer(`layer ${layer}`, path);
  if ((status.mode & anyWrite) !== 0)
    throw new UserError("layer-not-frozen", `layer ${layer} is not frozen, so nothing can stand on it`);
  return readLayerHeader(files, path);
}

function checkParent(top: string, named: string | undefined, known: string | undefined): void {
  if (named === known) return;
  throw new UserError(
    "layer-damaged",
    `layer ${top} says that it stands on ${named ?? "an image"}, and not on ${known ?? "an image"}`,
  );
}

async function imageLink({ files }: Ports, path: string, format: Link["format"]): Promise<Link> {
  if ((await files.stat(path)) === undefined) throw missingLayer(`the image ${path}`, path);
  return { path, format };
}

const missingLayer = (what: string, path: string) =>
  new UserError("layer-missing", `${what} is gone, and the disk stands on it`, { hints: [["file", path]] });
