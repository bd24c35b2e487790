/** The QEMU inside the executable: what it is, what it is made of, and how it is run once it is unpacked. */
import { z } from "zod";
import { findAsset } from "../../sys/assets.ts";
import type { Files } from "../../sys/files.ts";
import type { FileServer } from "../mounts.ts";
import type { Toolchain } from "./toolchain.ts";

/** A distribution package whose files the executable carries. */
const Package = z.object({
  name: z.string(),
  version: z.string(),
  /** Source package and version: what to ask the distribution for. */
  source: z.string(),
  licences: z.array(z.string()),
});
export type CarriedPackage = z.infer<typeof Package>;

/** Written by `build/carry.ts`. */
const Manifest = z.object({
  schema: z.literal(1),
  /** SHA-256 of the archive before compression. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  version: z.string(),
  /** Name and version of the package that the emulator comes from. */
  package: z.string(),
  unpackedBytes: z.number().int(),
  packages: z.array(Package),
});
export type CarriedManifest = z.infer<typeof Manifest>;

export interface CarriedQemu {
  readonly manifest: CarriedManifest;
  /** The archive, decompressed. */
  archive(): AsyncIterable<Uint8Array>;
}

/** What this executable carries; undefined when it carries none (run from source, or built for another system). */
export function carriedQemu(): CarriedQemu | undefined {
  const manifest = findAsset("carried/qemu.json");
  const archive = findAsset("carried/qemu.tar.zst");
  if (manifest === undefined || archive === undefined) return undefined;
  return { manifest: Manifest.parse(JSON.parse(manifest.text())), archive: () => archive.decompressed() };
}

/** Packages inside the executable, sorted by name; empty when it carries none. */
export function carriedLicences(): readonly CarriedPackage[] {
  return carriedQemu()?.manifest.packages ?? [];
}

/** Folder of the unpacked files, below the one for all versions. */
export const homeOf = (carried: CarriedQemu, directory: string): string =>
  `${directory}/${carried.manifest.hash.slice(0, 16)}`;

export async function isUnpacked(carried: CarriedQemu, directory: string, files: Files): Promise<boolean> {
  return (await files.stat(homeOf(carried, directory))) !== undefined;
}

/** Files are run through their own loader, which finds their own libraries. */
const loaderIn = (home: string) => [`${home}/lib/ld-linux-x86-64.so.2`, "--library-path", `${home}/lib`];

/** The server of files among the unpacked ones; build/mounts/serve-as.c makes it act for one user. */
export function carriedFileServer(carried: CarriedQemu, directory: string): FileServer {
  const home = homeOf(carried, directory);
  const words = [...loaderIn(home), "--preload", `${home}/lib/serve-as.so`, `${home}/bin/virtiofsd`];
  return { kind: "carried", words, env: { LC_ALL: "C" } };
}

/** How to run the unpacked files. */
export function carriedToolchain(carried: CarriedQemu, directory: string): Toolchain {
  const home = homeOf(carried, directory);
  const { version, hash, package: from } = carried.manifest;
  const loader = loaderIn(home);
  const run = (program: string) => [...loader, `${home}/bin/${program}`];
  const runOnDisk = (program: string) => [...loader, "--preload", `${home}/lib/nbd-disk.so`, `${home}/bin/${program}`];
  return {
    system: run("qemu-system-x86_64"),
    img: run("qemu-img"),
    disks: { nbd: run("qemu-nbd"), debugfs: runOnDisk("debugfs"), e2fsck: runOnDisk("e2fsck"), isServed: true },
    env: { QEMU_MODULE_DIR: `${home}/modules`, LC_ALL: "C" },
    share: `${home}/share`,
    build: `${version} (carried ${hash.slice(0, 16)}, ${from})`,
  };
}
