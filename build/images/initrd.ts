/** Makes the tiny guest's initrd: busybox, the modules of the boot disk, and one script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cpio, type CpioEntry } from "./cpio.ts";
import { bootModuleFiles } from "./modules.ts";

const directoryMode = 0o040755;
const fileMode = 0o100755;
const linkMode = 0o120777;

/** Applets that `tiny/initrd/init` calls. */
const applets = "sh mount modprobe findfs usleep printf dd blockdev switch_root".split(" ");

export function makeInitrd(root: string, kernel: string, init: string): Buffer {
  const files = new Map<string, Buffer>([
    ["init", readFileSync(init)],
    ["bin/busybox", readFileSync(join(root, "usr/bin/busybox"))],
  ]);
  for (const [path, content] of bootModuleFiles(root, kernel)) files.set(`lib/modules/${kernel}/${path}`, content);
  const parents = new Set(["dev", "mnt", "proc", "sys", ...[...files.keys()].flatMap(parentsOf)]);
  const entries: CpioEntry[] = [
    ...[...parents].sort().map((path) => ({ path, mode: directoryMode, content: new Uint8Array() })),
    ...[...files].map(([path, content]) => ({ path, mode: fileMode, content })),
    ...applets.map((name) => ({ path: `bin/${name}`, mode: linkMode, content: Buffer.from("busybox") })),
  ];
  return gzipSync(cpio(entries), { level: 9 });
}

/** `a/b/c` -> `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
