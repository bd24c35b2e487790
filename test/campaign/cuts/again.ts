/** One power cut of a kept recording, again: `bun again.ts FOLDER POINT`. Exit code 1: it ends as it did. */
import { resolve } from "node:path";
import { runWorker } from "./worker.ts";

const [kept, point] = process.argv.slice(2);
if (kept === undefined || point === undefined) {
  console.error("usage: again.ts FOLDER POINT, as the campaign's report gives them");
  process.exit(2);
}
const report = await runWorker({ kept: resolve(kept), point });
console.log(JSON.stringify(report));
process.exit(report.failures.length === 0 ? 0 : 1);
