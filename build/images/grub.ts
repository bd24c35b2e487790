/** GRUB for a disk that a BIOS starts: its core is made here, and both sectors are told their places, as grub-bios-setup would. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loaderIn } from "../libraries.ts";
import { unpackPackages, withLibraries } from "../packages.ts";
import { run } from "../tools.ts";
import { bootCodeBytes, sectorBytes } from "./boot.ts";

/** Built into the core, since each one read from the disk costs time: what finds, reads and starts a kernel, and a menu. */
const modules = "biosdisk part_gpt ext2 linux normal configfile boot minicmd serial terminal echo test".split(" ");

export interface Grub {
  /** The first 440 bytes of the disk. */
  readonly bootCode: Buffer;
  /** Goes to the sector that it was made for. */
  readonly core: Buffer;
}

/** `prefix` is where grub.cfg lies, in GRUB's words; the packages are unpacked into `work`. */
export async function makeGrub(prefix: string, coreSector: number, work: string): Promise<Grub> {
  const packages = join(work, "grub");
  await unpackPackages(withLibraries(["grub-common", "grub-pc-bin"]), packages);
  const platform = join(packages, "usr/lib/grub/i386-pc");
  const core = join(work, "core.img");
  const tool = [...loaderIn(packages).argv, join(packages, "usr/bin/grub-mkimage")];
  run([...tool, "-d", platform, "-O", "i386-pc", "-o", core, "-p", prefix, ...modules]);
  return grubSectors(readFileSync(join(platform, "boot.img")), readFileSync(core), coreSector);
}

/** Byte of boot.img that holds the core's first sector. */
const coreSectorOffset = 0x5c;
/** Byte of the core's first sector that holds where its second one is; how many there are is filled in already. */
const restSectorOffset = 0x1f4;

export function grubSectors(bootImage: Buffer, coreImage: Buffer, coreSector: number): Grub {
  if (bootImage.length !== sectorBytes) throw new Error(`GRUB's boot.img has ${bootImage.length} bytes`);
  const bootCode = Buffer.from(bootImage.subarray(0, bootCodeBytes));
  bootCode.writeBigUInt64LE(BigInt(coreSector), coreSectorOffset);
  const core = Buffer.from(coreImage);
  core.writeBigUInt64LE(BigInt(coreSector + 1), restSectorOffset);
  return { bootCode, core };
}
