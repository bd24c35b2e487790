/** `npm test`: format, lint, types, then every test, those with real guests through the compiled executable. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { ensureExecutable } from "./compile.ts";
import { createFailures } from "./failures.ts";
import { ensureDebianImage } from "./images/debian.ts";
import { ensureStreams } from "./images/streams.ts";
import { ensureTinyImage } from "./images/tiny.ts";
import { add, closingLine, totalsOf, type Totals } from "./report.ts";
import { dist, repository, runAside, say, seconds } from "./tools.ts";

/** Longer than any whole run takes, on a machine that many use too; a hanging one must not hold a machine for ever. */
const limitMs = 120 * 60_000;

/** Files at once, on two processors: a guest under emulation keeps one busy, and many wait for a limit to pass. */
const filesAtOnce = 3;
/** How long each file took when somebody last asked (`npm test -- --update-timings`): the longest begin first. */
const timings = join("test", "timings.json");

/** Of a test that names no limit of its own: far more than it takes, also beside one that keeps the processors busy. */
const testLimitMs = 60_000;

const failures = createFailures();

const folders = ["src", "test", "build"];
/** Recorded output under test/ stays as it was recorded. */
const code = [...folders.map((folder) => `${folder}/**/*.ts`), "src/**/*.tsx", "build/**/*.mjs"];
const bin = (name: string): string => join(repository, "node_modules", ".bin", name);

/** Takes longest, mostly on one processor: begun before all others, and met in its turn. */
const debianImage = ensureDebianImage();
debianImage.catch(() => undefined);

/** Each counts as one test. */
const checks: readonly { name: string; run: () => Promise<unknown> }[] = [
  { name: "format", run: () => runAside([process.execPath, "fmt", "--no-script", "--check", ...code]) },
  { name: "lint", run: () => runAside([bin("oxlint"), "--deny-warnings", ...folders]) },
  { name: "types", run: () => runAside([bin("tsc"), "--noEmit"]) },
  { name: "page's types", run: () => runAside([bin("tsc"), "--noEmit", "-p", "src/gui"]) },
  { name: "executable", run: () => ensureExecutable() },
  { name: "tiny image", run: () => ensureTinyImage() },
  { name: "debian image", run: () => debianImage },
  { name: "image tree", run: () => ensureStreams() },
];

async function check({ name, run }: (typeof checks)[number]): Promise<Totals> {
  const started = performance.now();
  try {
    await run();
    say(`${name.padEnd(12)} ok, ${seconds(started)}`);
    return { passed: 1, failed: 0 };
  } catch (error) {
    say(`${name.padEnd(12)} FAILED\n${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

async function tests(words: readonly string[]): Promise<Totals> {
  mkdirSync(join(dist, ".cache"), { recursive: true });
  const report = join(dist, ".cache", "tests.xml");
  rmSync(report, { force: true });
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const limits = [`--parallel=${filesAtOnce}`, `--timeout=${testLimitMs}`, `--timings=${timings}`];
  const run = Bun.spawn([process.execPath, "test", ...limits, ...reporter, ...words], {
    cwd: repository,
    env: { ...process.env, ...(process.stderr.isTTY && { FORCE_COLOR: "1" }) },
    stdio: ["ignore", "inherit", "pipe"],
    timeout: limitMs,
  });
  for await (const line of createInterface({ input: Readable.fromWeb(run.stderr as WebStream) })) {
    process.stderr.write(`${line}\n`);
    failures.take(line);
  }
  const exitCode = await run.exited;
  return totalsOf(existsSync(report) ? readFileSync(report, "utf8") : undefined, exitCode);
}

let totals: Totals = { passed: 0, failed: 0 };
for (const one of checks) totals = add(totals, await check(one));
totals = add(totals, await tests(process.argv.slice(2)));
if (failures.said.length > 0) say(`\nWhat failed, again:\n\n${failures.said.join("\n\n")}\n`);
process.stdout.write(`${closingLine(totals)}\n`);
process.exit(totals.failed === 0 ? 0 : 1);
