/** Makes `dist/strata`: client, daemon and, for Linux on x86_64, QEMU in one executable. `bun build/compile.ts [TARGET]` */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { carriedDirectory, ensureCarried } from "./carry.ts";
import { dist, filesUnder, hashOf, once, repository, run, say, seconds } from "./tools.ts";

const entry = join(repository, "src/main.ts");

/** The only target that carries QEMU; elsewhere the system's is used. */
const carryingTarget = "bun-linux-x64";

/**
 * Nothing is loaded from the directory a user happens to be in. Bytecode halves the start-up time, and splitting takes
 * another third: what a command loads later, and the built-in modules of that, stay out of its start. cpu-features is a
 * native helper that ssh2 asks for and does without: Bun cannot load it.
 */
const flags = `--compile --minify --bytecode --splitting --format=esm --sourcemap=linked --external=cpu-features
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig`.split(/\s+/);

export const nativeTarget = `bun-${process.platform}-${process.arch}`;

/** Path of the executable for a target in Bun's words (`bun-linux-arm64`); compiles only what changed. */
export async function ensureExecutable(target: string = nativeTarget): Promise<string> {
  const outfile = join(dist, target === nativeTarget ? "strata" : `strata-${target.replace(/^bun-/, "")}`);
  mkdirSync(dist, { recursive: true });
  const isCarrying = target === carryingTarget;
  if (isCarrying) await ensureCarried();
  const started = performance.now();
  const sources = ["src", "package.json", "bun.lock", "build/compile.ts"].map((path) => join(repository, path));
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

/** A running executable cannot be written to, so the new one takes its name by a rename. */
function compile(target: string, outfile: string, isCarrying: boolean): void {
  const fresh = `${outfile}.new`;
  // The asset is known inside by its path relative to the working directory.
  const assets = isCarrying ? ["--asset", relative(dist, carriedDirectory)] : [];
  try {
    run([process.execPath, "build", ...flags, `--target=${target}`, ...assets, entry, "--outfile", fresh], {
      cwd: dist,
    });
    renameSync(fresh, outfile);
  } finally {
    rmSync(fresh, { force: true });
    const leftovers = filesUnder(dist).filter(
      (path) => basename(path).startsWith(`${basename(fresh)}`) || /\.(?:bun-build|js\.map)$/.test(path),
    );
    for (const path of leftovers) rmSync(path, { force: true });
  }
}

if (import.meta.main) await ensureExecutable(process.argv[2]);
