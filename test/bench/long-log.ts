/**
 * One way of reading a large log in a process of its own, as a daemon that starts and `audit verify` are:
 * `bun test/bench/long-log.ts verify|replay|bare DIRECTORY` prints how many milliseconds it took.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { verifyLog } from "../../src/events/store/audit.ts";
import { openLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { timed } from "./measure.ts";

const ways: Readonly<Record<string, (directory: string) => Promise<unknown>>> = {
  verify: verified,
  replay: replayed,
  bare: async (directory) => bareRead(join(directory, "log")),
};

const [way = "", place = ""] = process.argv.slice(2);
const work = ways[way];
if (!work) throw new Error(`there is no way ${way}: ${Object.keys(ways).join(", ")}`);
console.log(await timed(() => work(place)));

/** The same bytes without the log: read in whole files, split, hash each line once and parse it. */
async function bareRead(folder: string): Promise<number> {
  const digest = new Uint8Array(32);
  let lines = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".jsonl"))) {
    const bytes = readFileSync(join(folder, name));
    for (let start = 0, end = bytes.indexOf("\n"); end >= 0; start = end + 1, end = bytes.indexOf("\n", start)) {
      Bun.SHA256.hash(bytes.subarray(start, end), digest);
      lines += Math.sign(JSON.parse(bytes.toString("utf8", start, end)).position);
    }
  }
  return lines;
}

async function verified(directory: string): Promise<void> {
  if (!(await verifyLog({ directory, files: systemFiles })).isIntact) throw new Error("the log is damaged");
}

/** Opened too, as at a start without a checkpoint. */
async function replayed(directory: string): Promise<number> {
  const { log } = await openLog({ directory, files: systemFiles, clock: systemClock, ids: systemIds });
  const revisions = new Map<string, number>();
  for await (const records of log.readGroups({}))
    for (const { stream, revision } of records) revisions.set(stream, revision);
  await log.close();
  return revisions.size;
}
