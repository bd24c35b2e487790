/** The kernel modules of the tiny guest: which ones, how they are made quick to load, and what the initrd needs of them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { filesUnder, run } from "../tools.ts";

/** Needed before the root disk is mounted, or so early that SSH waits for them. Loaded by `tiny/initrd/init`. */
export const bootModules =
  "virtio_pci virtio_blk virtio_net virtio_console virtio-rng isofs evdev button pvpanic-pci".split(" ");

/** Loaded later by the device that is there, or by name. Those that a kernel lacks or has built in are passed over. */
const laterModules = `virtio_balloon virtio_mem virtio_input virtio_scsi sd_mod sr_mod fuse virtiofs overlay
  vfat nls_ascii nls_cp437 vsock vmw_vsock_virtio_transport qemu_fw_cfg dm-mod dm-crypt
  bridge veth tun ext4 9p 9pnet_virtio`.split(/\s+/);

const signatureMarker = Buffer.from("~Module signature appended~\n");
/** struct module_signature: the last four bytes are the signature's length, big-endian. */
const signatureHeaderBytes = 12;

/** Without the signature the kernel loads a module at once; checking RSA and SHA-256 costs it time under emulation. */
export function withoutSignature(module: Buffer): Buffer {
  const end = module.length - signatureMarker.length;
  if (end < signatureHeaderBytes || !module.subarray(end).equals(signatureMarker)) return module;
  const signatureBytes = module.readUInt32BE(end - 4);
  return module.subarray(0, end - signatureHeaderBytes - signatureBytes);
}

/** Parses `modules.dep`: module path -> paths it needs. */
export function parseDependencies(text: string): Map<string, string[]> {
  const lines = text.split("\n").filter((line) => line.includes(":"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")),
      line
        .slice(line.indexOf(":") + 1)
        .split(" ")
        .filter(Boolean),
    ]),
  );
}

/** The modules called `names`, and all that they need. */
export function moduleClosure(
  names: readonly string[],
  dependencies: ReadonlyMap<string, readonly string[]>,
): string[] {
  const byName = new Map([...dependencies.keys()].map((path) => [moduleName(path), path]));
  const found = new Set<string>();
  for (const name of names) {
    const path = byName.get(moduleName(name));
    if (path !== undefined) [path, ...(dependencies.get(path) ?? [])].forEach((one) => found.add(one));
  }
  return [...found].sort();
}

/** The kernel treats - and _ in module names as the same. */
const moduleName = (path: string): string => basename(path).replace(/\.ko$/, "").replaceAll("-", "_");

/** Copies the guest's modules from the unpacked kernel package into `root` and indexes them for modprobe. */
export function installModules(packages: string, version: string, root: string, busybox: string): void {
  const source = join(packages, "lib/modules", version);
  const target = join(root, "usr/lib/modules", version);
  run([busybox, "depmod", "-b", packages, version]);
  const dependencies = parseDependencies(readFileSync(join(source, "modules.dep"), "utf8"));
  for (const path of moduleClosure([...bootModules, ...laterModules], dependencies)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), withoutSignature(readFileSync(join(source, path))));
  }
  for (const name of ["modules.builtin", "modules.builtin.modinfo"]) {
    writeFileSync(join(target, name), readFileSync(join(source, name)));
  }
  run([busybox, "depmod", "-b", root, version]);
}

/** What the initrd needs to `modprobe` the boot modules: path below `/lib/modules/VERSION` -> content. */
export function bootModuleFiles(root: string, version: string): Map<string, Buffer> {
  const base = join(root, "usr/lib/modules", version);
  const dependencies = parseDependencies(readFileSync(join(base, "modules.dep"), "utf8"));
  const wanted = new Set(moduleClosure(bootModules, dependencies));
  const files = filesUnder(base).map((path) => relative(base, path));
  const lines = [...dependencies]
    .filter(([path]) => wanted.has(path))
    .map(([path, needs]) => `${path}: ${needs.join(" ")}`);
  const found = new Map([["modules.dep", Buffer.from(`${lines.join("\n")}\n`)]]);
  for (const path of files.filter((one) => wanted.has(one))) found.set(path, readFileSync(join(base, path)));
  return found;
}
