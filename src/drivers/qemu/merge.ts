/**
 * Copies lower layers into a frozen one that then stands below them. The new file takes the old one's name at once, and what both
 * hold, each cluster that any of the layers has, reads the same over the old parent and over the new one: whoever has the old file
 * open, or is about to open the new one over what stood below the old, sees the same bytes.
 */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import { dirname } from "../../sys/files.ts";
import type { MergePlan } from "../driver.ts";
import { freeBytesFloor } from "../limits.ts";
import { checkFrozen } from "./chain.ts";
import type { QemuContext } from "./context.ts";
import { copyLayer, prepareCopies } from "./copy-layer.ts";
import type { CopySource } from "./copy-layer.ts";
import { removeIfThere, shapeLayer } from "./layers.ts";
import { partialOf } from "./memories.ts";
import { layerPath, parentNamed } from "./paths.ts";
import { sealFile } from "./tops.ts";

/** In the vault: a guest that broke out of QEMU may have written any other name into its layer. */
const imageForm = /^\.\.\/images\/[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** What is to be copied, and what the layer stands on afterwards. */
interface Found {
  /** The layer itself first, then those below it that are not in it yet. */
  readonly sources: readonly CopySource[];
  readonly bytes: number;
  readonly backing: string;
  readonly format: "qcow2" | "raw";
}

/** Answers what the layer takes on disk. Machines that have the old files open are left as they are. */
export async function mergeFiles(context: QemuContext, plan: MergePlan, signal: AbortSignal): Promise<number> {
  const { files, dataDirectory } = context;
  const found = await findSources(context, plan);
  if (found.sources.length > 1) await replace(context, plan.layer, found, signal);
  return (await files.stat(layerPath(dataDirectory, plan.layer)))?.allocatedBytes ?? 0;
}

/** By the headers themselves: a merge that the daemon did not outlive may have done a part. */
async function findSources(context: QemuContext, { layer, from, parent }: MergePlan): Promise<Found> {
  const { dataDirectory } = context;
  const sources: CopySource[] = [];
  const left = new Set(from);
  let { virtualSize: bytes } = await checkFrozen(context, layer);
  const size = bytes;
  for (let at = layer; ;) {
    const { backing, format, virtualSize } = await checkFrozen(context, at);
    // A smaller one would show nothing where it ends, and its parent what it has there.
    if (virtualSize > bytes) throw mistaken(layer, `layer ${at} below it is larger`);
    bytes = virtualSize;
    const named = parentNamed(dataDirectory, backing);
    const below = "layer" in named ? layerPath(dataDirectory, named.layer) : named.path;
    sources.push({ path: layerPath(dataDirectory, at), below, format });
    const isLast = "layer" in named ? named.layer === parent : parent === undefined && imageForm.test(backing);
    if (isLast) return { sources, bytes: size, backing, format };
    if (!("layer" in named) || !left.delete(named.layer)) throw mistaken(layer, `it stands on ${backing} below ${at}`);
    at = named.layer;
  }
}

async function replace(
  context: QemuContext,
  layer: string,
  { sources, ...shape }: Found,
  signal: AbortSignal,
): Promise<void> {
  const { files, dataDirectory, layerTurns } = context;
  const path = layerPath(dataDirectory, layer);
  const partial = partialOf(path);
  await removeIfThere(files, partial);
  await checkSpace(context, sources);
  try {
    await shapeLayer(files, partial, shape);
    const run = await prepareCopies(
      context,
      sources.flatMap(({ path: own, below }) => [own, below]),
      partial,
    );
    // The lowest first: what is above it counts.
    for (const source of sources.toReversed()) await copyLayer(run, source, partial, signal);
    await sealFile(context, partial);
    signal.throwIfAborted();
    await layerTurns(async () => {
      await files.rename(partial, path);
      await files.syncDirectory(dirname(path));
    });
  } catch (error) {
    await removeIfThere(files, partial);
    throw error;
  }
}

/** Throws `no-space` when the copy might take what other work needs. */
async function checkSpace({ files, dataDirectory }: QemuContext, sources: readonly CopySource[]): Promise<void> {
  let needed = freeBytesFloor;
  for (const { path } of sources) needed += (await files.stat(path))?.allocatedBytes ?? 0;
  const { freeBytes } = await files.space(dataDirectory);
  if (freeBytes < needed)
    throw new UserError(
      "no-space",
      `${formatSize(freeBytes)} are free; the merge of layers needs ${formatSize(needed)}`,
    );
}

const mistaken = (layer: string, why: string) =>
  new UserError("layer-damaged", `layer ${layer} cannot be merged: ${why}`);
