/** Puts Debian's tree on a disk like the cloud images of Debian itself: GPT, GRUB for a BIOS, the root last so that it can grow. */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../tools.ts";
import { sectorBytes } from "../boot.ts";
import { frontOffset, gptSectors, guidPartitionTable, partitionTypes } from "../gpt.ts";
import type { Grub } from "../grub.ts";
import { asOwner } from "./tree.ts";

/** In sectors: GRUB's core has its usual megabyte and more before the root. */
export const coreStart = 2048;
const coreSectors = 4096;
const rootStart = coreStart + coreSectors;
const sizeBytes = 3 * 1024 ** 3;

/** Answers the raw disk's path in `work`. */
export function makeDisk(tree: string, label: string, grub: Grub, work: string): string {
  const disk = join(work, "disk.raw");
  const diskSectors = sizeBytes / sectorBytes;
  const rootSectors = Math.floor((diskSectors - gptSectors - rootStart) / 8) * 8;
  if (grub.core.length > coreSectors * sectorBytes) throw new Error("GRUB's core is larger than its partition");
  writeFileSync(disk, "");
  truncateSync(disk, sizeBytes);
  makeFileSystem(tree, label, disk, rootStart * sectorBytes, rootSectors * sectorBytes);
  const { front, back } = guidPartitionTable(diskSectors, randomUUID(), [
    { number: 14, type: partitionTypes.biosBoot, startSector: coreStart, sectors: coreSectors, id: randomUUID() },
    { number: 1, type: partitionTypes.linuxRoot, startSector: rootStart, sectors: rootSectors, id: randomUUID() },
  ]);
  const file = openSync(disk, "r+");
  writeSync(file, grub.bootCode, 0, grub.bootCode.length, 0);
  writeSync(file, front, 0, front.length, frontOffset);
  writeSync(file, grub.core, 0, grub.core.length, coreStart * sectorBytes);
  writeSync(file, back, 0, back.length, sizeBytes - back.length);
  closeSync(file);
  return disk;
}

/** mke2fs from the tree itself, under the tree's own loader; it needs no device and no mount. */
function makeFileSystem(tree: string, label: string, disk: string, offset: number, bytes: number): void {
  const libraries = join(tree, "usr/lib/x86_64-linux-gnu");
  const loader = [join(libraries, "ld-linux-x86-64.so.2"), "--library-path", libraries];
  const options = `offset=${offset},lazy_itable_init=0,lazy_journal_init=0,discard`;
  const words = ["-q", "-t", "ext4", "-L", label, "-m", "1", "-E", options, "-d", tree, disk, `${bytes / 1024}k`];
  run([...asOwner, ...loader, join(tree, "usr/sbin/mke2fs"), ...words], {
    env: { MKE2FS_CONFIG: join(tree, "etc/mke2fs.conf") },
  });
}
