/**
 * Everything that attacks strata, by one command, with a report: `bun test/campaign/run.ts [--full] [--seed N] [PART…]`.
 * The report is dist/campaign/report.md. Exit code 1: something was found.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dist, repository } from "../../build/tools.ts";
import { type Part, type Size } from "./part.ts";
import { parts } from "./parts.ts";
import { type Ran, reportOf } from "./report.ts";

const { values, positionals } = parseArgs({
  options: { full: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
  allowPositionals: true,
});
const size: Size = values.full ? "full" : "sample";
const seed = Number(values.seed);
const unknown = positionals.find((name) => !parts.some((part) => part.name === name));
if (!Number.isSafeInteger(seed) || unknown !== undefined) {
  console.error(`usage: run.ts [--full] [--seed N] [${parts.map(({ name }) => name).join("|")}]…`);
  process.exit(2);
}
const wanted = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const commit = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { cwd: repository }).stdout.toString().trim();
const startedAt = new Date();
const folder = join(dist, "campaign");
mkdirSync(folder, { recursive: true });

const ran: Ran[] = [];
for (const part of wanted) {
  ran.push(await attack(part));
  // After each part: a campaign that is stopped still tells what it has seen.
  writeFileSync(join(folder, "report.md"), reportOf({ size, seed, commit, startedAt, ran }));
}
process.exit(ran.some(({ findings }) => findings.failures.length > 0) ? 1 : 0);

async function attack(part: Part): Promise<Ran> {
  console.log(`${part.name}: ${part.what}`);
  const started = performance.now();
  let told = 0;
  const tell = (progress: string) => {
    const now = performance.now();
    if (now - told < 5_000) return;
    told = now;
    console.log(`  ${progress}`);
  };
  const findings = await part.run({ size, seed, tell });
  const seconds = (performance.now() - started) / 1000;
  console.log(`  ${findings.points} points, ${findings.failures.length} failures, ${seconds.toFixed(0)} s`);
  for (const { what, again } of findings.failures.slice(0, 5)) console.log(`  FAILED ${what}\n  again: ${again}`);
  return { part, findings, seconds };
}
