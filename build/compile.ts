/** Makes `dist/strata`: client, daemon and, for Linux on x86_64, QEMU in one executable. `bun build/compile.ts [TARGET]` */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative } from "node:path";
import { assemble } from "./assembler.ts";
import { carriedDirectory, ensureCarried } from "./carry.ts";
import { librariesOf, systemLoader } from "./libraries.ts";
import { pageFolder } from "../src/sys/page-files.ts";
import { packPage } from "./page.ts";
import { entryAddress, standalone } from "./standalone/elf.ts";
import { dist, hashOf, once, repository, run, say, seconds } from "./tools.ts";

const entry = join(repository, "src/main.ts");

/** The only target that carries QEMU; elsewhere the system's is used. */
const carryingTarget = "bun-linux-x64";

/**
 * Nothing is loaded from the directory a user happens to be in. Bytecode halves the start-up time, and splitting takes
 * another third: what a command loads later, and the built-in modules of that, stay out of its start. cpu-features is a
 * native helper that ssh2 asks for and does without: Bun cannot load it.
 */
const flags = `--compile --minify --bytecode --splitting --format=esm --sourcemap=linked --external=cpu-features
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig --compile-exec-argv=--smol`.split(/\s+/);

export const nativeTarget = `bun-${process.platform}-${process.arch}`;

/** Path of the executable for a target in Bun's words (`bun-linux-arm64`); compiles only what changed. */
export async function ensureExecutable(target: string = nativeTarget): Promise<string> {
  const outfile = join(dist, target === nativeTarget ? "strata" : `strata-${target.replace(/^bun-/, "")}`);
  mkdirSync(join(dist, ".cache"), { recursive: true });
  const isCarrying = target === carryingTarget;
  if (isCarrying) await ensureCarried();
  const started = performance.now();
  const sources = [
    "src",
    "package.json",
    "bun.lock",
    "build/compile.ts",
    "build/page.ts",
    "build/page-bundle.ts",
    "build/shorter-names.ts",
    "build/assembler.ts",
    "build/standalone",
  ].map((path) => join(repository, path));
  const inputs = hashOf([...sources, ...(isCarrying ? [carriedDirectory] : [])], [Bun.version, target, ...flags]);
  const isNew = await once({ name: `compile-${target}`, inputs, outputs: [outfile] }, () =>
    compile(target, outfile, isCarrying),
  );
  if (isNew)
    say(
      `compile     ${relative(repository, outfile)}, ${(statSync(outfile).size / 1e6).toFixed(0)} MB, in ${seconds(started)}`,
    );
  return outfile;
}

/** Works in a folder of its own; a running executable cannot be written to, so the new one takes its name by a rename. */
async function compile(target: string, outfile: string, isCarrying: boolean): Promise<void> {
  const work = mkdtempSync(join(dist, ".cache", "compile-"));
  const fresh = join(work, "strata");
  const assets = basename(carriedDirectory);
  try {
    // An asset is known inside by its path relative to the working directory.
    if (isCarrying) cpSync(carriedDirectory, join(work, assets), { recursive: true });
    await packPage(join(work, pageFolder));
    const embedded = [pageFolder, ...(isCarrying ? [assets] : [])].flatMap((name) => ["--asset", name]);
    const words = [...flags, `--target=${target}`, ...embedded];
    run([process.execPath, "build", ...words, entry, "--outfile", fresh], { cwd: work });
    if (isCarrying) await addLibraries(fresh);
    renameSync(fresh, outfile);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Lets the executable run where there is no C library, or another one. */
async function addLibraries(executable: string): Promise<void> {
  const libraries = [...librariesOf([executable], systemLoader)].map(([name, path]) => ({
    name,
    content: readFileSync(realpathSync(path)),
  }));
  const code = await assemble(join(import.meta.dir, "standalone", "entry.s"), 64, entryAddress);
  const loader = readFileSync(realpathSync(systemLoader.path));
  writeFileSync(executable, standalone(readFileSync(executable), code, loader, libraries), { mode: 0o755 });
}

if (import.meta.main) await ensureExecutable(process.argv[2]);
