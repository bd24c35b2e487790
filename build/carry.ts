/** Packs QEMU with its libraries, loader and firmware into `dist/carried/`, which `compile.ts` puts into the executable. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compileLibrary } from "./c-compiler.ts";
import { copyrightOf, describePackage, packageOf } from "./copyright.ts";
import { librariesOf, systemLoader } from "./libraries.ts";
import { tar, type TarFile } from "./tar.ts";
import { dist, hashOf, once, run, say, seconds } from "./tools.ts";

/** Folder that goes into the executable under this very name. */
export const carriedDirectory = join(dist, "carried");

const moduleDirectory = "/usr/lib/x86_64-linux-gnu/qemu";

/** Programs (in the archive under `bin/`) and modules that they load by name (under `modules/`). */
const programs = ["/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", "/usr/bin/qemu-nbd"];
/** Read the files of frozen disks; their folder differs between releases. */
const diskPrograms = ["debugfs", "e2fsck"];
const diskProgramFolders = ["/usr/sbin", "/sbin"];
/** Lets those read a disk that is no file (in the archive under `lib/`). */
const diskLibrary = join(import.meta.dir, "past", "nbd-disk.c");
/** QEMU's own, which takes the library below; later releases of it have none, and the virtio-fs project's needs none. */
const virtiofsPrograms = ["/usr/lib/qemu/virtiofsd"];
/** Makes it serve one user (in the archive under `lib/`). */
const serveLibrary = join(import.meta.dir, "mounts", "serve-as.c");
const modules = [join(moduleDirectory, "accel-tcg-x86_64.so")];

/** The q35 machine's BIOS, the option ROMs its devices ask for, and the ROM that boots a kernel given by `-kernel`. */
const firmware = ["bios-256k.bin", "kvmvapic.bin", "vgabios-stdvga.bin", "linuxboot_dma.bin"];
const firmwareDirectories = ["/usr/share/qemu", "/usr/share/seabios"];

/** Measured: level 9 takes 2 s for 16.6 MB, 12 takes 5 s for 16.5 MB, 19 takes 43 s for 14.6 MB. */
const compressionLevel = 9;

interface Entry {
  readonly from: string;
  readonly to: string;
  readonly isExecutable: boolean;
}

/** Everything to carry: place on this system -> place in the archive. */
function entries(): Entry[] {
  const virtiofsd = virtiofsPrograms.filter((path) => existsSync(path)).slice(0, 1);
  const onDisks = diskPrograms.map((name) => inFolders(name, diskProgramFolders));
  const binaries = [...programs, ...onDisks, ...virtiofsd];
  const present = modules.filter((path) => existsSync(path));
  const libraries = librariesOf([...binaries, ...present], systemLoader);
  return [
    ...binaries.map((from) => ({ from, to: `bin/${basename(from)}`, isExecutable: true })),
    ...present.map((from) => ({ from, to: `modules/${basename(from)}`, isExecutable: false })),
    ...[...libraries].map(([name, from]) => ({ from, to: `lib/${name}`, isExecutable: false })),
    { from: systemLoader.path, to: `lib/${basename(systemLoader.path)}`, isExecutable: true },
    ...firmware.map((name) => ({
      from: realpathSync(inFolders(name, firmwareDirectories)),
      to: `share/${name}`,
      isExecutable: false,
    })),
  ];
}

function inFolders(name: string, folders: readonly string[]): string {
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is in neither ${folders.join(" nor ")}`);
  return found;
}

async function pack(files: readonly Entry[]): Promise<void> {
  const packages = [...new Set(files.map((entry) => packageOf(entry.from)))].sort();
  const licences: TarFile[] = packages.map((name) => text(`licences/${name}`, copyrightOf(name)));
  const own: TarFile[] = [
    { path: "lib/nbd-disk.so", isExecutable: false, content: await compileLibrary(diskLibrary) },
    { path: "lib/serve-as.so", isExecutable: false, content: await compileLibrary(serveLibrary) },
  ];
  const archive = tar([...files.map(readEntry), ...own, ...licences].sort((a, b) => (a.path < b.path ? -1 : 1)));
  const compressed = Bun.zstdCompressSync(archive, { level: compressionLevel });
  const described = packages.map(describePackage);
  const version = run([join("/usr/bin/qemu-system-x86_64"), "--version"]).match(/version ([\d.]+)/)?.[1];
  if (version === undefined) throw new Error("qemu-system-x86_64 --version names no version");
  const owner = described.find((one) => one.name.startsWith("qemu-system-x86"));
  const hash = createHash("sha256").update(archive).digest("hex");
  const manifest = {
    schema: 1,
    hash,
    version,
    package: `${owner?.name} ${owner?.version}`,
    unpackedBytes: archive.length,
    packages: described,
  };
  mkdirSync(carriedDirectory, { recursive: true });
  writeFileSync(join(carriedDirectory, "qemu.tar.zst"), compressed);
  writeFileSync(join(carriedDirectory, "qemu.json"), `${JSON.stringify(manifest, undefined, 1)}\n`);
}

const readEntry = ({ from, to, isExecutable }: Entry): TarFile => ({
  path: to,
  isExecutable,
  content: readFileSync(from),
});

const text = (path: string, content: string): TarFile => ({ path, isExecutable: false, content: Buffer.from(content) });

/** Packs again only when the scripts or one of the carried files changed. */
export async function ensureCarried(): Promise<string> {
  const started = performance.now();
  const files = entries();
  const scripts = ["carry.ts", "copyright.ts", "tar.ts", "c-compiler.ts"].map((name) => join(import.meta.dir, name));
  const inputs = hashOf([...scripts, diskLibrary, serveLibrary, ...files.map((entry) => realpathSync(entry.from))]);
  const outputs = ["qemu.tar.zst", "qemu.json"].map((name) => join(carriedDirectory, name));
  if (await once({ name: "carried", inputs, outputs }, () => pack(files))) {
    const megabytes = (readFileSync(join(carriedDirectory, "qemu.tar.zst")).length / 1e6).toFixed(1);
    say(`qemu        packed for the executable, ${megabytes} MB, in ${seconds(started)}`);
  }
  return carriedDirectory;
}

if (import.meta.main) await ensureCarried();
