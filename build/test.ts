/** `npm test`: format, lint, types, then every test, those with real guests through the compiled executable. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureExecutable } from "./compile.ts";
import { ensureTinyImage } from "./images/tiny.ts";
import { add, closingLine, totalsOf, type Totals } from "./report.ts";
import { dist, repository, say, seconds } from "./tools.ts";

/** Longer than any whole run takes; a hanging one must not hold a machine for ever. */
const limitMs = 20 * 60_000;

const folders = ["src", "test", "build"];
/** Recorded output under test/ stays as it was recorded. */
const code = [...folders.map((folder) => `${folder}/**/*.ts`), "build/**/*.mjs"];
const bin = (name: string): string => join(repository, "node_modules", ".bin", name);

/** Each counts as one test. */
const checks: readonly { name: string; run: () => Promise<unknown> }[] = [
  { name: "format", run: () => program([process.execPath, "fmt", "--no-script", "--check", ...code]) },
  { name: "lint", run: () => program([bin("oxlint"), "--deny-warnings", ...folders]) },
  { name: "types", run: () => program([bin("tsc"), "--noEmit"]) },
  { name: "executable", run: () => ensureExecutable() },
  { name: "tiny image", run: () => ensureTinyImage() },
];

/** Runs to the end, showing what it prints only when it fails. */
async function program(command: readonly string[]): Promise<void> {
  const done = Bun.spawn([...command], { cwd: repository, stdout: "pipe", stderr: "pipe", timeout: limitMs });
  const [out, error] = await Promise.all([new Response(done.stdout).text(), new Response(done.stderr).text()]);
  if ((await done.exited) !== 0) throw new Error(`${out}${error}`.trim());
}

async function check({ name, run }: (typeof checks)[number]): Promise<Totals> {
  const started = performance.now();
  try {
    await run();
    say(`${name.padEnd(11)} ok, ${seconds(started)}`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    say(`${name.padEnd(11)} FAILED\n${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

async function tests(words: readonly string[]): Promise<Totals> {
  mkdirSync(join(dist, ".cache"), { recursive: true });
  const report = join(dist, ".cache", "tests.xml");
  rmSync(report, { force: true });
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const run = Bun.spawn([process.execPath, "test", ...reporter, ...words], {
    cwd: repository,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: limitMs,
  });
  const exitCode = await run.exited;
  return totalsOf(existsSync(report) ? readFileSync(report, "utf8") : undefined, exitCode);
}

let totals: Totals = { passed: 0, failed: 0 };
for (const one of checks) totals = add(totals, await check(one));
totals = add(totals, await tests(process.argv.slice(2)));
process.stdout.write(`${closingLine(totals)}\n`);
process.exit(totals.failed === 0 ? 0 : 1);
