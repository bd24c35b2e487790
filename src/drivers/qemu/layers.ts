/** Layers, the qcow2 files that disks are made of, and foreign images before they become the lowest one. */
import { UserError } from "../../errors.ts";
import { formatSize } from "../../model/size.ts";
import type { Files } from "../../sys/files.ts";
import type { Account, Processes, RunResult } from "../../sys/process.ts";
import { headerBytes, readImageHeader } from "./image-header.ts";
import type { ImageFacts } from "./image-header.ts";
import type { Toolchain } from "./toolchain.ts";

const toolLimits = { timeoutMs: 20_000, outputBytesMax: 256 * 2 ** 10, memoryBytesMax: 2 ** 30 };

export interface LayerPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly toolchain: () => Promise<Toolchain>;
}

export interface LayerPlan {
  readonly path: string;
  /** Name of the parent as written into the layer. */
  readonly backing: string;
  readonly format: "qcow2" | "raw";
  readonly bytes: number;
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
 * What a stranger's image is. The header is judged first, so that qemu-img never follows a name in it;
 * then qemu-img opens it as exactly that format, bounded in time and memory, under `account`.
 */
export async function inspectImage(
  ports: LayerPorts,
  path: string,
  account: Account | undefined,
  signal: AbortSignal,
): Promise<ImageFacts> {
  const facts = await readFacts(ports.files, path);
  const result = await runTool(ports, ["info", "--output=json", "-f", facts.format, path], account, signal);
  if (result.exitCode === 0) return facts;
  throw new UserError("image-invalid", `the image cannot be opened: ${lastLine(result)}`);
}

/** Makes the layer under a temporary name and gives it its own when it is whole. One that is there already is whole. */
export async function createLayer(ports: LayerPorts, plan: LayerPlan, signal: AbortSignal): Promise<void> {
  const { files } = ports;
  if ((await files.stat(plan.path)) !== undefined) return;
  const temporary = `${plan.path}.tmp`;
  // -u: the size is given, so the parent is not opened; its name is relative to the finished layer's folder.
  const shape = ["-u", "-F", plan.format, "-b", plan.backing, temporary, String(plan.bytes)];
  try {
    const result = await runTool(ports, ["create", "-q", "-f", "qcow2", ...shape], undefined, signal);
    if (result.exitCode !== 0) throw new UserError("disk-not-made", `the disk cannot be made: ${lastLine(result)}`);
    await files.changeMode(temporary, 0o600);
    if (plan.owner) await files.changeOwner(temporary, plan.owner.uid, plan.owner.gid);
    await syncFile(files, temporary);
    await files.rename(temporary, plan.path);
  } catch (error) {
    await removeIfThere(files, temporary);
    throw error;
  }
  await files.syncDirectory(plan.path.slice(0, plan.path.lastIndexOf("/")));
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

async function runTool(
  ports: LayerPorts,
  args: string[],
  account: Account | undefined,
  signal: AbortSignal,
): Promise<RunResult> {
  const { img, env } = await ports.toolchain();
  return ports.processes.run([...img, ...args], { ...toolLimits, env, signal, ...(account ? { account } : {}) });
}

function lastLine({ stopped, stderr, stdout }: RunResult): string {
  if (stopped) return `qemu-img took more than ${toolLimits.timeoutMs / 1000} s`;
  return (stderr || stdout).trim().split("\n").at(-1) ?? "qemu-img gave no reason";
}
