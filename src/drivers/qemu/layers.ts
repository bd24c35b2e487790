/** Layers, the qcow2 files that disks are made of, and foreign images before they become the lowest one. */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import { dirname, type Files } from "../../sys/files.ts";
import type { Host } from "../../sys/host.ts";
import type { Account, Processes, RunResult } from "../../sys/process.ts";
import { confine, openPassage, openWay, toolAccount } from "./access.ts";
import { writeBlank } from "./blank-layer.ts";
import type { BlankPlan } from "./blank-layer.ts";
import { headerBytes, readImageHeader } from "./image-header.ts";
import type { ImageFacts } from "./image-header.ts";
import type { Toolchain } from "./toolchain.ts";

const toolLimits = { timeoutMs: 20_000, outputBytesMax: 256 * 2 ** 10, memoryBytesMax: 2 ** 30 };

/** Of `qemu-img check`: space is wasted, or the structure is broken. */
const leaksExit = 3;
const corruptExit = 2;

export interface LayerPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly toolchain: () => Promise<Toolchain>;
  readonly host: Host;
  readonly dataDirectory: string;
}

export interface LayerPlan extends BlankPlan {
  readonly path: string;
  readonly owner?: Account;
}

/** The facts in an image's first bytes. Throws `image-invalid`, also when there is no such file. */
export async function readFacts(files: Files, path: string): Promise<ImageFacts> {
  const status = await files.stat(path);
  if (status?.kind !== "file") throw new UserError("image-invalid", `there is no image file ${path}`);
  const file = await files.open(path, "read");
  try {
    return readImageHeader(await file.read(0, headerBytes), status.bytes);
  } finally {
    await file.close();
  }
}

/**
 * What a stranger's image is. The header is judged first, so that qemu-img never follows a name in it; then qemu-img opens
 * it as exactly that format, bounded in time and memory and, when we are root, without our rights.
 */
export async function inspectImage(ports: LayerPorts, path: string, signal: AbortSignal): Promise<ImageFacts> {
  const { files, host, dataDirectory, processes } = ports;
  const facts = await readFacts(files, path);
  const { img, env } = await ports.toolchain();
  const account = toolAccount(host.uid);
  const passage = account ? await openPassage(files, host.platform, [dataDirectory], [dataDirectory]) : openWay;
  // `check` reads all of a qcow2's own structure, so that one that was cut off is found out.
  const look = facts.format === "qcow2" ? "check" : "info";
  const words = [...img, look, "-f", facts.format, path];
  const { argv, start } = confine(account, passage, words, env);
  const result = await processes.run(argv, { ...toolLimits, ...start, signal });
  if (result.exitCode === 0 || result.exitCode === leaksExit) return facts;
  const reason = result.exitCode === corruptExit ? "it is damaged or cut off" : lastLine(result);
  throw new UserError("image-invalid", `the image cannot be used: ${reason}`);
}

/** One that is there already is whole. When this resolves it is durable, whoever made it: they may have been killed before that. */
export async function createLayer(files: Files, plan: LayerPlan, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if ((await files.stat(plan.path)) === undefined) await makeLayer(files, plan);
  await files.syncDirectory(dirname(plan.path));
}

/** Makes the layer under a temporary name and gives it its own when it is whole. */
async function makeLayer(files: Files, plan: LayerPlan): Promise<void> {
  const temporary = `${plan.path}.tmp`;
  await removeIfThere(files, temporary);
  try {
    await shapeLayer(files, temporary, plan);
    if (plan.owner) await files.changeOwner(temporary, plan.owner.uid, plan.owner.gid);
    await syncFile(files, temporary);
    await files.rename(temporary, plan.path);
  } catch (error) {
    await removeIfThere(files, temporary);
    throw error;
  }
}

/** Makes a layer that holds nothing itself. Throws `disk-not-made`. */
export async function shapeLayer(files: Files, path: string, plan: BlankPlan): Promise<void> {
  const file = await files.open(path, "create", 0o600);
  await writeBlank(file, plan).finally(() => file.close());
}

/**
 * Grows a layer that no machine has open. Its parent is left out: a guest that broke out of QEMU could have named any file
 * there. Throws `disk-not-grown`.
 */
export async function growLayer(ports: LayerPorts, path: string, bytes: number, signal: AbortSignal): Promise<void> {
  const { img, env } = await ports.toolchain();
  const image = { driver: "qcow2", file: { driver: "file", filename: path }, backing: null };
  const words = [...img, "resize", "-q", `json:${JSON.stringify(image)}`, String(bytes)];
  const result = await ports.processes.run(words, { ...toolLimits, env, signal });
  if (result.exitCode !== 0) throw new UserError("disk-not-grown", `the disk cannot grow: ${lastLine(result)}`);
}

/** Throws `disk-too-small` when a disk of `bytes` cannot hold the image. */
export function checkDiskSize(bytes: number, image: ImageFacts): void {
  if (bytes >= image.virtualSize) return;
  throw new UserError(
    "disk-too-small",
    `a disk of ${formatSize(bytes)} is smaller than the image, which has ${formatSize(image.virtualSize)}`,
    {
      hints: [["next", `--disk ${formatSize(image.virtualSize)}`]],
    },
  );
}

/** Removes a file; gone already is as good. */
export async function removeIfThere(files: Files, path: string): Promise<void> {
  if ((await files.stat(path)) !== undefined) await files.remove(path);
}

async function syncFile(files: Files, path: string): Promise<void> {
  const file = await files.open(path, "write");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function lastLine({ stopped, stderr, stdout }: RunResult): string {
  if (stopped)
    return `qemu-img was stopped: it took more than ${toolLimits.timeoutMs / 1000} s or had too many faults to list`;
  return (stderr || stdout).trim().split("\n").at(-1) ?? "qemu-img gave no reason";
}
