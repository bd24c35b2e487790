/** Makes a bootable disk without loop device or mount: boot code and kernel in front, one ext4 partition filled from a tree. */
import { closeSync, openSync, readdirSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Loader } from "../libraries.ts";
import { inPackages } from "../packages.ts";
import { run } from "../tools.ts";
import { bootArea, bootCode, bootCodeBytes, sectorBytes } from "./boot.ts";

/** Partitions begin at a multiple of 1 MiB, as everywhere. */
const alignmentSectors = 2048;
const linuxPartition = 0x83;

export interface DiskPlan {
  /** Directory that becomes the file system. */
  readonly tree: string;
  /** File system label. */
  readonly label: string;
  readonly sizeBytes: number;
  readonly kernel: Buffer;
  readonly initrd: Buffer;
  readonly commandLine: string;
  /** Assembled `tiny/boot.s`. */
  readonly bootSector: Buffer;
}

/** The tools come from unpacked packages in `packages` and run under their own loader. Answers the raw disk's path in `work`. */
export function makeDisk(plan: DiskPlan, packages: string, loader: Loader, work: string): string {
  const disk = join(work, "disk.raw");
  const area = bootArea(plan.kernel, plan.initrd, plan.commandLine);
  const start = Math.ceil((sectorBytes + area.bytes.length) / sectorBytes / alignmentSectors) * alignmentSectors;
  writeFileSync(disk, "");
  truncateSync(disk, plan.sizeBytes);
  makeFileSystem(plan, disk, start * sectorBytes, packages, loader);
  const file = openSync(disk, "r+");
  writeSync(file, bootCode(plan.bootSector, area.jobs), 0, bootCodeBytes, 0);
  writeSync(file, partitionTable(start, plan.sizeBytes / sectorBytes - start), 0, 66, 446);
  writeSync(file, area.bytes, 0, area.bytes.length, sectorBytes);
  closeSync(file);
  return disk;
}

/** A partition table of one active Linux partition that fills the disk; goes to byte 446 of the MBR. */
export function partitionTable(startSector: number, sectors: number): Buffer {
  const table = Buffer.alloc(66);
  // Cylinder, head and sector are given as "too big to say": every reader then uses the sector numbers.
  table.set([0x80, 0xfe, 0xff, 0xff, linuxPartition, 0xfe, 0xff, 0xff]);
  table.writeUInt32LE(startSector, 8);
  table.writeUInt32LE(sectors, 12);
  table.set([0x55, 0xaa], 64);
  return table;
}

function makeFileSystem(plan: DiskPlan, disk: string, offset: number, packages: string, loader: Loader): void {
  const tool = (name: string) => [...loader.argv, inPackages(packages, `usr/sbin/${name}`)];
  const options = `offset=${offset},lazy_itable_init=0,root_owner=0:0`;
  const size = `${(plan.sizeBytes - offset) / 1024}k`;
  const env = { MKE2FS_CONFIG: join(packages, "etc/mke2fs.conf") };
  const make = [...tool("mke2fs"), "-q", "-t", "ext4", "-L", plan.label, "-m", "0", "-E", options];
  run([...make, "-d", plan.tree, disk, size], { env });
  if (process.getuid?.() === 0) return;
  // The tree's owner became the files' owner.
  const commands = join(dirname(disk), "owners");
  writeFileSync(commands, ownerCommands(pathsUnder(plan.tree)));
  run([...tool("debugfs"), "-w", "-f", commands, `${disk}?offset=${offset}`]);
}

/** Input for debugfs that gives every path to root. */
export const ownerCommands = (paths: readonly string[]): string =>
  paths.map((path) => `set_inode_field "/${path}" uid 0\nset_inode_field "/${path}" gid 0\n`).join("");

function pathsUnder(tree: string): string[] {
  return readdirSync(tree, { recursive: true, encoding: "utf8" });
}
