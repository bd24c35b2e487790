/** Disks of the past for tests: ext4 file systems made without mounting, in chains of qcow2 layers, and the two ways to read them. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  chmodSync,
  existsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { openSync, writeSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { guidPartitionTable, frontOffset, partitionTypes } from "../../../build/images/gpt.ts";
import type { FileSupport } from "../../../src/drivers/past-files.ts";
import { carriedToolchain, type CarriedQemu } from "../../../src/drivers/qemu/carried.ts";
import { createContext, type QemuContext } from "../../../src/drivers/qemu/context.ts";
import { locateQemu } from "../../../src/drivers/qemu/locate.ts";
import { createPast } from "../../../src/drivers/qemu/past/index.ts";
import type { Toolchain } from "../../../src/drivers/qemu/toolchain.ts";
import { unpackCarried } from "../../../src/drivers/qemu/unpack.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemHost } from "../../../src/sys/host.ts";
import { systemProcesses } from "../../../src/sys/process.ts";
import { systemSockets } from "../../../src/sys/socket.ts";

const mebibyte = 2 ** 20;
const ports = {
  files: systemFiles,
  processes: systemProcesses,
  sockets: systemSockets,
  clock: systemClock,
  host: systemHost(),
};
const carriedDirectory = resolve(import.meta.dir, "../../../dist/carried");

/** `served`: by the programs that the executable carries. `copied`: by the system's, which read files only. */
export const ways = ["served", "copied"] as const;
export type Way = (typeof ways)[number];

export interface PastBed {
  readonly directory: string;
  readonly data: string;
  readonly runtime: string;
  /** A new object, as after a restart of the daemon. */
  past(way: Way): Promise<FileSupport>;
  /** What such an object is made of. */
  parts(way: Way): Promise<{ readonly context: QemuContext }>;
  /** Path of a file of the bed. */
  at(name: string): string;
  layer(id: string): string;
  close(): void;
}

export function createPastBed(): PastBed {
  const directory = mkdtempSync(join(tmpdir(), "strata-past-"));
  // The programs' account must reach the carried programs, as it does in a runtime directory.
  chmodSync(directory, 0o711);
  const [data, runtime] = [join(directory, "data"), join(directory, "run")];
  for (const folder of ["layers", "images"]) mkdirSync(join(data, folder), { recursive: true, mode: 0o700 });
  const parts = async (way: Way) => {
    const toolchain = await toolchainOf(way, join(directory, "carried"));
    const plan = { ...ports, dataDirectory: data, runtimeDirectory: runtime, toolchain: async () => toolchain };
    return { context: createContext({ ...plan, accelerator: () => "tcg" }) };
  };
  return {
    directory,
    data,
    runtime,
    parts,
    past: async (way) => createPast((await parts(way)).context),
    at: (name) => join(directory, name),
    layer: (id) => join(data, "layers", `${id}.qcow2`),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function toolchainOf(way: Way, unpackDirectory: string): Promise<Toolchain> {
  if (way === "copied")
    return locateQemu("system", { ...ports, program: [], searchPath: process.env["PATH"] ?? "", unpackDirectory });
  const packed = join(carriedDirectory, "qemu.tar.zst");
  if (!existsSync(packed)) throw new Error(`${packed} is missing: run npm test, or bun build/carry.ts`);
  const carried: CarriedQemu = {
    manifest: JSON.parse(readFileSync(join(carriedDirectory, "qemu.json"), "utf8")),
    archive: async function* () {
      yield Bun.zstdDecompressSync(readFileSync(packed));
    },
  };
  await unpackCarried(carried, unpackDirectory, { ...ports, pid: process.pid });
  return carriedToolchain(carried, unpackDirectory);
}

export async function sh(words: readonly string[], input = ""): Promise<string> {
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const child = Bun.spawn([...words], {
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: path },
  });
  const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${words.join(" ")}: ${error}${out}`);
  return out + error;
}

/** A file system of the folder's content, raw, without a partition table. */
export async function makeFileSystem(folder: string, path: string, options: readonly string[] = []): Promise<void> {
  await sh(["mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=0", ...options, "-d", folder, path, "64M"]);
}

/** Changes a raw file system as debugfs is told to. */
export const edit = (path: string, ...commands: readonly string[]): Promise<string> =>
  sh(["debugfs", "-w", "-f", "-", path], `${commands.join("\n")}\n`);

/** A whole disk, as cloud images have it: BIOS boot, a small file system, the root as number 1. */
export function makeDisk(root: string, path: string, type: string = partitionTypes.linuxRoot): void {
  const bytes = readFileSync(root);
  const sectors = (count: number) => (count * mebibyte) / 512;
  const place = { boot: sectors(1), root: sectors(4) };
  const disk = place.root + bytes.length / 512 + sectors(2);
  const table = guidPartitionTable(disk, crypto.randomUUID(), [
    {
      number: 14,
      type: partitionTypes.biosBoot,
      startSector: place.boot,
      sectors: sectors(2),
      id: crypto.randomUUID(),
    },
    { number: 1, type, startSector: place.root, sectors: bytes.length / 512, id: crypto.randomUUID() },
  ]);
  writeFileSync(path, "");
  truncateSync(path, disk * 512);
  const file = openSync(path, "r+");
  writeSync(file, table.front, 0, table.front.length, frontOffset);
  writeSync(file, bytes, 0, bytes.length, place.root * 512);
  writeSync(file, table.back, 0, table.back.length, disk * 512 - table.back.length);
  closeSync(file);
}

/** Freezes a raw disk as a layer that holds what `below` does not. */
export async function freeze(bed: PastBed, raw: string, id: string, below: string): Promise<void> {
  const backing = below.startsWith("/") ? `../images/${below.slice(below.lastIndexOf("/") + 1)}` : `${below}.qcow2`;
  const full = below.startsWith("/") ? below : bed.layer(below);
  await sh(["qemu-img", "convert", "-O", "qcow2", "-B", full, "-F", "qcow2", raw, bed.layer(id)]);
  await sh(["qemu-img", "rebase", "-u", "-F", "qcow2", "-b", backing, bed.layer(id)]);
  chmodSync(bed.layer(id), 0o600);
}

/** What still runs of the bed, and what lies in its folders for looks into the past. */
export async function leftovers(bed: PastBed): Promise<string[]> {
  const running = systemProcesses.list().filter(({ argv }) => argv.some((word) => word.includes(bed.directory)));
  const lying = await Promise.all(
    [join(bed.data, "past"), join(bed.runtime, "past")].map((path) => systemFiles.list(path).catch(() => [])),
  );
  return [...running.map(({ argv }) => argv.join(" ")), ...lying.flat()];
}
