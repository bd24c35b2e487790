/** Builds `dist/images/tiny.qcow2`, a guest of a few megabytes for tests and first steps, from the distribution's packages. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assemble } from "../assembler.ts";
import { loaderIn } from "../libraries.ts";
import { firstDependency, unpackPackages, withLibraries } from "../packages.ts";
import { dist, hashOf, once, repository, run, say, seconds } from "../tools.ts";
import { bootAddress } from "./boot.ts";
import { makeDisk } from "./disk.ts";
import { makeInitrd } from "./initrd.ts";
import { installModules } from "./modules.ts";
import { fillTree } from "./tree.ts";

const label = "tinyroot";
const sizeBytes = 1024 ** 3;
/** Where programs usually lie in their memory. */
const programAddress = 0x40_0000;
const ownFiles = join(import.meta.dir, "tiny");

/** Programs of the guest, and the tools that make its disk; the kernel is added by version. */
const packageNames = `busybox-static dropbear-bin openssh-sftp-server sshfs fuse3 qemu-guest-agent e2fsprogs bash
  coreutils`.split(/\s+/);

export const tinyImage = join(dist, "images", "tiny.qcow2");

const sidecar = { schema: 1, title: "Tiny test guest", user: "ubuntu" };

async function build(): Promise<void> {
  const work = mkdtempSync(join(dist, ".cache", "tiny-"));
  try {
    const packages = join(work, "packages");
    const kernelPackage = firstDependency("linux-image-cloud-amd64", /linux-image-\S*cloud-amd64/);
    await unpackPackages(
      withLibraries([...packageNames, kernelPackage]).filter((name) => isWanted(name)),
      packages,
    );
    const kernel = readdirSync(join(packages, "lib/modules"))[0];
    if (kernel === undefined) throw new Error(`${kernelPackage} holds no kernel modules`);
    const loader = loaderIn(packages);
    const root = join(work, "root");
    mkdirSync(root);
    fillTree(root, packages, loader, join(ownFiles, "root"));
    const reseed = await assemble(join(ownFiles, "reseed.s"), 64, programAddress);
    writeFileSync(join(root, "usr/lib/strata/reseed"), reseed, { mode: 0o755 });
    installModules(packages, kernel, root, join(packages, "bin/busybox"));
    const disk = makeDisk(
      {
        tree: root,
        label,
        sizeBytes,
        kernel: readFileSync(join(packages, "boot", `vmlinuz-${kernel}`)),
        initrd: makeInitrd(root, kernel, join(ownFiles, "initrd/init")),
        commandLine: readFileSync(join(ownFiles, "command-line"), "utf8"),
        bootSector: await assemble(join(ownFiles, "boot.s"), 32, bootAddress),
      },
      packages,
      loader,
      work,
    );
    const compressed = `${tinyImage}.new`;
    run(["qemu-img", "convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd", disk, compressed]);
    run(["mv", compressed, tinyImage]);
    writeFileSync(join(dist, "images", "tiny.json"), `${JSON.stringify(sidecar)}\n`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Dependencies of dependencies that bring nothing a guest program links with. */
const isWanted = (name: string): boolean =>
  !/^lib(krb|gssapi|k5|ssl|fido|cbor|slang|newt|debian|semanage|sepol|pam|readline)/.test(name);

/** Makes the image unless it stands and was made by these very scripts. */
export async function ensureTinyImage(): Promise<string> {
  mkdirSync(join(dist, "images"), { recursive: true });
  mkdirSync(join(dist, ".cache"), { recursive: true });
  const shared = ["assembler.ts", "libraries.ts", "packages.ts"].map((name) => join(repository, "build", name));
  const inputs = hashOf([import.meta.dir, ...shared]);
  const started = performance.now();
  const isNew = await once({ name: "tiny", inputs, outputs: [tinyImage] }, build);
  if (isNew) say(`image       ${tinyImage} made in ${seconds(started)}`);
  return tinyImage;
}

if (import.meta.main) await ensureTinyImage();
