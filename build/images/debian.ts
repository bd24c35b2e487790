/** Builds `dist/images/debian-12-amd64.qcow2`, a cloud image like Debian's own, from the distribution's packages. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dist, hashOf, once, repository, run, say, seconds } from "../tools.ts";
import { coreStart, makeDisk } from "./debian/disk.ts";
import { isRoot, makeTree, removeTree } from "./debian/tree.ts";
import { makeGrub } from "./grub.ts";

const name = "debian-12-amd64";
/** Also in debian/root: grub.cfg and fstab. */
const label = "debian-root";

export const debianImage = join(dist, "images", `${name}.qcow2`);

const sidecar = { schema: 1, title: "Debian 12 (bookworm)", user: "ubuntu" };

async function build(): Promise<void> {
  // The user of a namespace of one's own may not enter everybody's home.
  const work = mkdtempSync(join(isRoot ? join(dist, ".cache") : tmpdir(), "strata-debian-"));
  chmodSync(work, isRoot ? 0o755 : 0o777);
  const tree = join(work, "tree");
  try {
    const [, grub] = await Promise.all([makeTree(tree), makeGrub("(,gpt1)/boot/grub", coreStart, work)]);
    const disk = makeDisk(tree, label, grub, work);
    const compressed = `${debianImage}.new`;
    run(["qemu-img", "convert", "-c", "-W", "-m", "4", "-O", "qcow2", "-o", "compression_type=zstd", disk, compressed]);
    renameSync(compressed, debianImage);
    writeFileSync(join(dist, "images", `${name}.json`), `${JSON.stringify(sidecar)}\n`);
  } finally {
    if (existsSync(tree)) removeTree(tree);
    rmSync(work, { recursive: true, force: true });
  }
}

/** Makes the image unless it stands and was made by these very scripts. */
export async function ensureDebianImage(): Promise<string> {
  mkdirSync(join(dist, "images"), { recursive: true });
  mkdirSync(join(dist, ".cache"), { recursive: true });
  const own = ["debian.ts", "debian", "boot.ts", "gpt.ts", "grub.ts"].map((path) => join(import.meta.dir, path));
  const shared = ["libraries.ts", "packages.ts"].map((path) => join(repository, "build", path));
  const started = performance.now();
  const isNew = await once({ name: "debian", inputs: hashOf([...own, ...shared]), outputs: [debianImage] }, build);
  if (isNew) say(`image       ${debianImage} made in ${seconds(started)}`);
  return debianImage;
}

if (import.meta.main) await ensureDebianImage();
