/** One power cut of a kept recording, again: `bun test/campaign/cuts/again.ts FOLDER POINT`. Exit code 1: it is as it was. */
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { workerCommand, type WorkerReport } from "./worker.ts";

const [kept, point] = process.argv.slice(2);
if (kept === undefined || point === undefined) {
  console.error("usage: again.ts FOLDER POINT, as the campaign's report gives them");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "strata-cuts-"));
const worker = Bun.spawn(workerCommand({ work: { kept: resolve(kept), point }, folder }), {
  stdin: "ignore",
  stdout: "pipe",
  stderr: "inherit",
});
const report = await new Response(worker.stdout).text();
const isRun = (await worker.exited) === 0;
rmdirSync(folder);
console.log(report.trim());
process.exit(isRun && (JSON.parse(report) as WorkerReport).failures.length === 0 ? 0 : 1);
