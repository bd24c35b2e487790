/** Unpacks the carried QEMU, once, into a folder named by its hash. */
import { UserError, messageOf } from "../../errors.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import { createSha256 } from "../../sys/hash.ts";
import type { Hash } from "../../sys/hash.ts";
import type { Processes } from "../../sys/process.ts";
import { readTar } from "../../sys/tar.ts";
import type { TarEntry } from "../../sys/tar.ts";
import { homeOf, isUnpacked } from "./carried.ts";
import type { CarriedQemu } from "./carried.ts";

export interface UnpackPorts {
  readonly files: Files;
  readonly processes: Processes;
  /** Id of this process: part of the temporary folder's name, so that a dead one's leftovers are known. */
  readonly pid: number;
}

/** Every account may read and enter: a root daemon runs machines under accounts of their own. */
const directoryMode = 0o755;
const programMode = 0o755;
const dataMode = 0o644;

/**
 * Makes `directory/HASH` hold the carried files. Safe to call from two processes at once and after a crash: the folder
 * appears complete by one rename. Throws `qemu-not-unpacked`.
 */
export async function unpackCarried(carried: CarriedQemu, directory: string, ports: UnpackPorts): Promise<void> {
  try {
    if (!(await isUnpacked(carried, directory, ports.files)))
      await unpack(carried, directory, homeOf(carried, directory), ports);
  } catch (cause) {
    const hints =
      errorCode(cause) === "ENOSPC" ? [["next", `make ${megabytes(carried)} of room in ${directory}`] as const] : [];
    throw new UserError(
      "qemu-not-unpacked",
      `the carried QEMU cannot be unpacked into ${directory}: ${messageOf(cause)}`,
      { cause, hints },
    );
  }
}

async function unpack(carried: CarriedQemu, directory: string, home: string, ports: UnpackPorts): Promise<void> {
  const { files } = ports;
  await files.makeDirectory(directory, directoryMode);
  // The mode given at creation is cut by the umask.
  await files.changeMode(directory, directoryMode);
  await removeLeftovers(directory, ports);
  const temporary = `${directory}/.new-${ports.pid}`;
  try {
    await writeAll(carried, temporary, files);
    await files.rename(temporary, home);
    await files.syncDirectory(directory);
  } catch (error) {
    await removeTree(temporary, files);
    // Another process was quicker: its folder is as good as ours.
    if (!["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  }
}

/** Folders that a process left when it ended while unpacking. */
async function removeLeftovers(directory: string, { files, processes, pid }: UnpackPorts): Promise<void> {
  for (const name of await files.list(directory)) {
    const owner = Number(/^\.new-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
    const isLeft = owner === pid || (Number.isInteger(owner) && processes.facts(owner) === undefined);
    if (isLeft) await removeTree(`${directory}/${name}`, files);
  }
}

async function writeAll(carried: CarriedQemu, directory: string, files: Files): Promise<void> {
  const hash = createSha256();
  const made = new Set<string>();
  const ensure = async (path: string) => {
    if (made.has(path)) return;
    await files.makeDirectory(path, directoryMode);
    await files.changeMode(path, directoryMode);
    made.add(path);
  };
  await ensure(directory);
  for await (const entry of readTar(hashed(carried.archive(), hash))) {
    const parent = entry.path.split("/").slice(0, -1).join("/");
    if (parent !== "") await ensure(`${directory}/${parent}`);
    await writeFile(entry, `${directory}/${entry.path}`, files);
  }
  for (const path of made) await files.syncDirectory(path);
  if (hash.hex() !== carried.manifest.hash)
    throw new Error("its bytes are not those that were packed: the executable is damaged");
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

async function writeFile(entry: TarEntry, path: string, files: Files): Promise<void> {
  const file = await files.open(path, "create", dataMode);
  try {
    let written = 0;
    for await (const piece of entry.content) {
      await file.write(piece, written);
      written += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await files.changeMode(path, entry.isExecutable ? programMode : dataMode);
}

/** A folder that another process is removing too is no error. */
async function removeTree(path: string, files: Files): Promise<void> {
  const status = await files.stat(path);
  if (status === undefined) return;
  if (status.kind !== "directory") return files.remove(path).catch(unlessGone);
  for (const name of await files.list(path)) await removeTree(`${path}/${name}`, files);
  await files.removeDirectory(path).catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (errorCode(error) !== "ENOENT") throw error;
}

const megabytes = (carried: CarriedQemu): string => `${Math.ceil(carried.manifest.unpackedBytes / 1e6)} MB`;
