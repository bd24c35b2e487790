/** Makes a bootable disk without loop device or mount: MBR with GRUB's core behind it, one ext4 partition filled from a tree. */
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Loader } from "./../libraries.ts";
import { run } from "../tools.ts";

const sectorBytes = 512;
/** 1 MiB, the usual place; the gap before it holds GRUB's core. */
export const partitionStart = 2048;
const linuxPartition = 0x83;

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

/** GRUB's boot sector, told at 0x5c where the core begins (GRUB_BOOT_MACHINE_KERNEL_SECTOR); the first 440 bytes are code. */
export function bootSector(image: Buffer, coreSector: number): Buffer {
  const code = Buffer.from(image.subarray(0, 440));
  code.writeBigUInt64LE(BigInt(coreSector), 0x5c);
  return code;
}

/** The core's first sector, told where its second one lies (the last block list entry of that sector). */
export function coreImage(image: Buffer, coreSector: number): Buffer {
  const core = Buffer.from(image);
  core.writeBigUInt64LE(BigInt(coreSector + 1), 0x1f4);
  return core;
}

export interface DiskPlan {
  /** Directory that becomes the file system. */
  readonly tree: string;
  /** File system label. */
  readonly label: string;
  readonly sizeBytes: number;
  /** Commands that GRUB runs at once, without a menu. */
  readonly grubConfig: string;
}

/** The tools come from unpacked packages in `packages` and run under their own loader. */
export function makeDisk(plan: DiskPlan, packages: string, loader: Loader, work: string): string {
  const disk = join(work, "disk.raw");
  writeFileSync(disk, "");
  truncateSync(disk, plan.sizeBytes);
  makeFileSystem(plan, disk, packages, loader);
  const grub = join(packages, "usr/lib/grub/i386-pc");
  const config = join(work, "grub.cfg");
  writeFileSync(config, plan.grubConfig);
  const core = join(work, "core.img");
  const modules = ["biosdisk", "part_msdos", "ext2", "linux16", "boot", "minicmd"];
  const mkimage = [...loader.argv, join(packages, "usr/bin/grub-mkimage"), "-O", "i386-pc", "-d", grub];
  run([...mkimage, "-c", config, "-p", "/boot/grub", "-o", core, ...modules]);
  const coreBytes = coreImage(readFileSync(core), 1);
  if (coreBytes.length > (partitionStart - 1) * sectorBytes)
    throw new Error("GRUB's core does not fit before the partition");
  const file = openSync(disk, "r+");
  writeSync(file, bootSector(readFileSync(join(grub, "boot.img")), 1), 0, 440, 0);
  writeSync(file, partitionTable(partitionStart, plan.sizeBytes / sectorBytes - partitionStart), 0, 66, 446);
  writeSync(file, coreBytes, 0, coreBytes.length, sectorBytes);
  closeSync(file);
  return disk;
}

function makeFileSystem(plan: DiskPlan, disk: string, packages: string, loader: Loader): void {
  const offset = partitionStart * sectorBytes;
  const program = ["usr/sbin/mke2fs", "sbin/mke2fs"].map((name) => join(packages, name)).find((name) => isFile(name));
  if (program === undefined) throw new Error("no mke2fs in the unpacked packages");
  const options = `offset=${offset},lazy_itable_init=0,root_owner=0:0`;
  const command = [
    ...loader.argv,
    program,
    "-q",
    "-t",
    "ext4",
    "-L",
    plan.label,
    "-m",
    "0",
    "-O",
    "^metadata_csum_seed",
  ];
  const sizeKiB = (plan.sizeBytes - offset) / 1024;
  // The tree's owner becomes the files' owner; in a user namespace of its own an ordinary user is root to mke2fs.
  const asRoot = process.getuid?.() === 0 ? [] : ["unshare", "--map-root-user"];
  run([...asRoot, ...command, "-E", options, "-d", plan.tree, disk, `${sizeKiB}k`], {
    env: { MKE2FS_CONFIG: join(packages, "etc/mke2fs.conf") },
  });
}

const isFile = (path: string): boolean => Bun.file(path).size > 0;
