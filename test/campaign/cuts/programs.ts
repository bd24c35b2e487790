/** The programs that make file systems and keep a write log: this system's, or else of packages unpacked beside it. */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loaderIn } from "../../../build/libraries.ts";
import { inPackages, unpackPackages, withLibraries } from "../../../build/packages.ts";
import { dist, once } from "../../../build/tools.ts";

const home = join(dist, ".cache", "file-systems");

/** Where each is in its package. */
const programs = {
  "mkfs.ext4": { package: "e2fsprogs", path: "usr/sbin/mkfs.ext4" },
  "mkfs.xfs": { package: "xfsprogs", path: "usr/sbin/mkfs.xfs" },
  "mkfs.btrfs": { package: "btrfs-progs", path: "usr/sbin/mkfs.btrfs" },
  "qemu-storage-daemon": { package: "qemu-system-common", path: "usr/bin/qemu-storage-daemon" },
} as const;

export type Program = keyof typeof programs;

const searched = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
const installed = (name: string): string | null => Bun.which(name, { PATH: searched });

/** Unpacks what this system lacks. Call it once, before `commandOf`. */
export async function ensurePrograms(): Promise<void> {
  const missing = Object.entries(programs).filter(([name]) => installed(name) === null);
  const packages = [...new Set(missing.map(([, { package: name }]) => name))];
  if (packages.length === 0) return;
  await once({ name: "file-systems", inputs: packages.join(" "), outputs: [home] }, async () => {
    mkdirSync(join(dist, ".cache"), { recursive: true });
    const fresh = mkdtempSync(join(dist, ".cache", "file-systems-"));
    await unpackPackages(withLibraries(packages), fresh);
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
  });
}

/** How a program is called. */
export function commandOf(name: Program): string[] {
  const here = installed(name);
  return here === null ? [...loaderIn(home).argv, inPackages(home, programs[name].path)] : [here];
}
