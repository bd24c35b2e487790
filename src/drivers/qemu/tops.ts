/** The writable top of a disk: made on a frozen layer, and frozen itself when another takes its place. */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import { machineAccount } from "./access.ts";
import type { QemuContext } from "./context.ts";
import { readLayerHeader } from "./layer-header.ts";
import { createLayer } from "./layers.ts";
import { backingName, layerPath } from "./paths.ts";

export interface TopPlan {
  readonly layer: string;
  /** The layer that it stands on, which is frozen or about to be. */
  readonly parent: string;
  /** Size of the disk; never less than its parent has. */
  readonly bytes: number;
  readonly ordinal: number;
}

/** Its owner may read it, whoever that is: the daemon hands it to the machines that stand on it. */
const frozenMode = 0o400;
const ownerWrite = 0o200;

/** Makes the layer, durably; one that is there is whole. No layer is discarded meanwhile. */
export function makeTop(context: QemuContext, plan: TopPlan, signal: AbortSignal): Promise<void> {
  const { files, dataDirectory, host, layerTurns } = context;
  return layerTurns(async () => {
    const below = layerPath(dataDirectory, plan.parent);
    const { virtualSize } = await readLayerHeader(files, below);
    const owner = machineAccount(host.uid, plan.ordinal);
    const layer = {
      path: layerPath(dataDirectory, plan.layer),
      backing: backingName(dataDirectory, below),
      format: "qcow2",
      bytes: Math.max(plan.bytes, virtualSize),
      ...(owner ? { owner } : {}),
    } as const;
    await createLayer(files, layer, signal);
  });
}

/** Throws `disk-too-small` when a disk of `bytes` cannot hold what is in the layer. */
export async function checkHolds({ files, dataDirectory }: QemuContext, bytes: number, layer: string): Promise<void> {
  const { virtualSize } = await readLayerHeader(files, layerPath(dataDirectory, layer));
  if (bytes >= virtualSize) return;
  throw new UserError(
    "disk-too-small",
    `a disk of ${formatSize(bytes)} is smaller than the one it is made from, which has ${formatSize(virtualSize)}`,
  );
}

/** Makes a layer immutable and its content durable. Done already: confirms. Answers what it takes on disk. */
export async function sealLayer(context: QemuContext, layer: string): Promise<number> {
  const path = layerPath(context.dataDirectory, layer);
  await sealFile(context, path);
  return (await context.files.stat(path))?.allocatedBytes ?? 0;
}

/** Takes it from the account that wrote it, too. The sync comes last, so that the rights are as durable as the content. */
export async function sealFile({ files, host }: QemuContext, path: string): Promise<void> {
  if (host.uid === 0) await files.changeOwner(path, 0, 0);
  await files.changeMode(path, frozenMode);
  const file = await files.open(path, "read");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Throws `disk-missing`, or `layer-frozen` when a machine would write to what others stand on. */
export async function checkWritable({ files, dataDirectory }: QemuContext, layer: string): Promise<string> {
  const path = layerPath(dataDirectory, layer);
  const status = await files.stat(path);
  if (status === undefined) throw new UserError("disk-missing", `the instance's disk ${path} is gone`);
  if ((status.mode & ownerWrite) === 0)
    throw new UserError("layer-frozen", `layer ${layer} is frozen: the disk goes on in another layer`);
  return path;
}
