/**
 * Everything that attacks strata, by one command, with a report: `bun test/campaign/run.ts [--full] [--seed N] [--at-once N]
 * [PART…]`. The report is dist/campaign/report.md. Exit code 1: something was found.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dist, repository } from "../../build/tools.ts";
import type { Findings, Part, Size } from "./part.ts";
import { parts } from "./parts.ts";
import { type Ran, reportOf } from "./report.ts";

const failuresShown = 5;

const { values, positionals } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    "at-once": { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const size: Size = values.full ? "full" : "sample";
const [seed, atOnce] = [Number(values.seed), Number(values["at-once"])];
const unknown = positionals.find((name) => !parts.some((part) => part.name === name));
if (!Number.isSafeInteger(seed) || !(atOnce >= 1) || unknown !== undefined) {
  console.error(`usage: run.ts [--full] [--seed N] [--at-once N] [${parts.map(({ name }) => name).join("|")}]…`);
  process.exit(2);
}
const commit = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { cwd: repository }).stdout.toString().trim();
const startedAt = new Date();
const folder = join(dist, "campaign");
mkdirSync(folder, { recursive: true });

const waiting = parts.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const ran: Ran[] = [];
await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work));
process.exit(ran.some(({ findings }) => findings.failures.length > 0) ? 1 : 0);

async function work(): Promise<void> {
  for (let part = waiting.shift(); part; part = waiting.shift()) {
    ran.push(await attack(part));
    // After each part: a campaign that is stopped still tells what it has seen.
    writeFileSync(join(folder, "report.md"), reportOf({ size, seed, commit, startedAt, ran }));
  }
}

async function attack(part: Part): Promise<Ran> {
  console.log(`${part.name}: ${part.what}`);
  const started = performance.now();
  const findings = await runAside(part);
  const seconds = (performance.now() - started) / 1000;
  const { points, failures } = findings;
  console.log(`${part.name}: ${points} points, ${failures.length} failures, ${seconds.toFixed(0)} s`);
  for (const { what, again } of failures.slice(0, failuresShown)) console.log(`  FAILED ${what}\n  again: ${again}`);
  return { part, findings, seconds };
}

/** A part that does not come to its end is a failure like any other. */
async function runAside({ name }: Part): Promise<Findings> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "run-part.ts"), name, size, String(seed)], {
    cwd: repository,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let [rest, last] = ["", ""];
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (last) console.log(`  ${name}: ${last}`);
      last = line;
    }
  }
  if ((await child.exited) === 0) return JSON.parse(last) as Findings;
  const again = `bun test/campaign/run.ts${size === "full" ? " --full" : ""} --seed ${seed} ${name}`;
  return { points: 0, failures: [{ what: `it ended with ${child.exitCode ?? child.signalCode}`, again }], figures: {} };
}
