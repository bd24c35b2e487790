/**
 * Makes frozen layers of what a foreign qcow2 image holds, in it or in the snapshots inside it. qemu-img takes a snapshot out whole;
 * an empty layer over that is then moved onto its new parent, for which qemu-img writes what is different. The foreign image is
 * judged before (image-header.ts); what the tools follow names in afterwards was all made by ourselves.
 */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import { dirname } from "../../sys/files.ts";
import type { TakePlan } from "../images.ts";
import { checkFrozenChain } from "./chain.ts";
import { checkCopied, prepareCopies } from "./copy-layer.ts";
import type { QemuContext } from "./context.ts";
import { readLayerHeader } from "./layer-header.ts";
import { readFacts, removeIfThere, shapeLayer } from "./layers.ts";
import { backingName, layerPath } from "./paths.ts";
import { sealFile } from "./tops.ts";

/** What stays free for the log, for stops and for deletes. */
const freeBytesFloor = 2 ** 30;
const failed = { code: "layer-not-taken", what: "the disk cannot be taken over" };

/** What a layer is to stand on. */
interface Ground {
  /** All that is read through it, itself first. */
  readonly paths: readonly string[];
  readonly backing: string;
  readonly format: "qcow2" | "raw";
  readonly bytes: number;
}

/** See `SnapshotSupport.take`. */
export async function takeLayer(
  context: QemuContext,
  { layer, parent, content }: TakePlan,
  signal: AbortSignal,
): Promise<{ bytes: number }> {
  const { files, dataDirectory } = context;
  const path = layerPath(dataDirectory, layer);
  await files.makeDirectory(dirname(path), 0o700);
  const ground = await groundOf(context, parent);
  // One that an earlier attempt left on another image is of no use: that image may be gone.
  const isMade =
    (await files.stat(path)) !== undefined && (await readLayerHeader(files, path)).backing === ground.backing;
  if (!isMade) await make(context, path, ground, content, signal);
  await files.syncDirectory(dirname(path));
  return { bytes: (await files.stat(path))?.allocatedBytes ?? 0 };
}

async function groundOf(context: QemuContext, parent: TakePlan["parent"]): Promise<Ground> {
  const { files, dataDirectory } = context;
  if ("path" in parent) {
    const { virtualSize: bytes } = await readFacts(files, parent.path);
    const backing = backingName(dataDirectory, parent.path);
    return { paths: [parent.path], backing, format: parent.format, bytes };
  }
  const links = await checkFrozenChain(context, parent.layer);
  const path = layerPath(dataDirectory, parent.layer);
  const { virtualSize: bytes } = await readLayerHeader(files, path);
  return { paths: links.map((link) => link.path), backing: backingName(dataDirectory, path), format: "qcow2", bytes };
}

/** Under temporary names, which go at the next start if we do not see its end. */
async function make(
  context: QemuContext,
  path: string,
  ground: Ground,
  content: TakePlan["content"],
  signal: AbortSignal,
): Promise<void> {
  const { files, layerTurns } = context;
  const [partial, whole] = [`${path}.tmp`, `${path}.whole.tmp`];
  const clear = async () => {
    for (const each of [partial, whole]) await removeIfThere(files, each);
  };
  await clear();
  try {
    if (!content) await shapeLayer(files, partial, ground);
    else await difference(context, { partial, whole, ground, content }, signal);
    await sealFile(context, partial);
    signal.throwIfAborted();
    await layerTurns(() => files.rename(partial, path));
  } finally {
    await clear();
  }
}

interface Difference {
  readonly partial: string;
  /** Where the snapshot goes for the time of the comparison. */
  readonly whole: string;
  readonly ground: Ground;
  readonly content: NonNullable<TakePlan["content"]>;
}

async function difference(
  context: QemuContext,
  { partial, whole, ground, content: { path, snapshot } }: Difference,
  signal: AbortSignal,
): Promise<void> {
  const { files, dataDirectory } = context;
  if (snapshot !== undefined) await extract(context, { path, snapshot }, whole, signal);
  const source = snapshot === undefined ? path : whole;
  const { virtualSize } = await readFacts(files, source);
  // Relative to where the layer lies; a foreign image is in the vault.
  const shape = { backing: backingName(dataDirectory, source), format: "qcow2" as const };
  await shapeLayer(files, partial, { ...shape, bytes: Math.max(virtualSize, ground.bytes) });
  const run = await prepareCopies(context, [source, ...ground.paths], partial);
  const words = ["rebase", "-q", "-f", "qcow2", "-F", ground.format, "-b", ground.backing, partial];
  checkCopied(await run(words, signal), failed.code, failed.what);
}

/** See `ImageSupport.extract`. */
export async function extract(
  context: QemuContext,
  { path, snapshot }: { readonly path: string; readonly snapshot: string },
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const { files } = context;
  const { format } = await readFacts(files, path);
  if (format !== "qcow2") throw new UserError("image-invalid", "the image is raw, so there are no snapshots in it");
  await (await files.open(target, "create", 0o600)).close();
  const run = await prepareCopies(context, [path], target);
  const from = ["-f", "qcow2", "-l", `snapshot.name=${snapshot}`];
  const measured = await run(["measure", "--output=json", ...from, "-O", "qcow2", path], signal);
  if (/can't find snapshot/i.test(measured.stderr))
    throw new UserError("snapshot-missing", `the image holds no snapshot ${snapshot}`);
  checkCopied(measured, failed.code, failed.what);
  await checkSpace(context, Number(JSON.parse(measured.stdout).required));
  checkCopied(await run(["convert", "-q", ...from, "-O", "qcow2", path, target], signal), failed.code, failed.what);
  await sealFile(context, target);
}

/** Whole, and then once more as what is different, at the worst. */
async function checkSpace({ files, dataDirectory }: QemuContext, bytes: number): Promise<void> {
  const needed = 2 * bytes + freeBytesFloor;
  const { freeBytes } = await files.space(dataDirectory);
  if (freeBytes >= needed) return;
  throw new UserError(
    "no-space",
    `${formatSize(freeBytes)} are free; taking the disk over needs ${formatSize(needed)}`,
  );
}
