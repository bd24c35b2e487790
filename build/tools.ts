/** What every build script needs: running a command, hashing inputs, and doing work only when they changed. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

export const repository = dirname(import.meta.dir);
export const dist = join(repository, "dist");
const stamps = join(dist, ".cache", "stamps");

/** Runs a program to its end and answers its standard output; fails with its standard error. */
export function run(command: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): string {
  const { cwd = repository, env } = options;
  const done = Bun.spawnSync([...command], { cwd, env: { ...process.env, ...env }, stdout: "pipe", stderr: "pipe" });
  if (done.success) return done.stdout.toString();
  const said = done.stderr.toString().trim() || done.stdout.toString().trim();
  throw new Error(`${command.slice(0, 3).join(" ")} … failed (exit ${done.exitCode}): ${said.slice(-2000)}`);
}

/** Longer than any single program takes; a hanging one must not hold a machine for ever. */
const programLimitMs = 20 * 60_000;

/** Like `run`, while other work goes on; fails with all that was printed. */
export async function runAside(command: readonly string[]): Promise<void> {
  const done = Bun.spawn([...command], { cwd: repository, stdout: "pipe", stderr: "pipe", timeout: programLimitMs });
  const [out, error] = await Promise.all([new Response(done.stdout).text(), new Response(done.stderr).text()]);
  if ((await done.exited) !== 0) throw new Error(`${out}${error}`.trim());
}

/** Every file and symbolic link under `path` (or `path` itself), sorted, as absolute paths. */
export function filesUnder(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

/** SHA-256 over names, modes and contents of all files under `paths`, and over `extra` facts. */
export function hashOf(paths: readonly string[], extra: readonly string[] = []): string {
  const hash = createHash("sha256").update(extra.join("\n"));
  for (const file of paths.flatMap(filesUnder)) {
    const stat = lstatSync(file);
    const content = stat.isSymbolicLink() ? readlinkSync(file) : readFileSync(file);
    hash.update(`\n${relative(repository, file)} ${(stat.mode & 0o111) !== 0} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/**
 * Calls `make` unless an earlier call with the same `inputs` hash finished and all `outputs` still stand.
 * Answers whether it was made now.
 */
export async function once(
  step: { name: string; inputs: string; outputs: readonly string[] },
  make: () => void | Promise<void>,
): Promise<boolean> {
  const stamp = join(stamps, step.name);
  const isFresh = existsSync(stamp) && readFileSync(stamp, "utf8") === step.inputs;
  if (isFresh && step.outputs.every((file) => existsSync(file))) return false;
  await make();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, step.inputs);
  return true;
}

/** Talk goes to stderr, so that a script's data can be piped. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
