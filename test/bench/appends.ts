/** Appending to the log, against the same bytes to a bare file. */
import { createHash } from "node:crypto";
import { closeSync, fdatasync, openSync, write } from "node:fs";
import { join } from "node:path";
import type { EventLog } from "../../src/events/store/log.ts";
import { type Files, systemFiles } from "../../src/sys/files.ts";
import { batch, type Workspace } from "./events.ts";
import { inTime, medians } from "./measure.ts";
import { atMost, type Row } from "./row.ts";

const appenders = 100;
const roundsPerPair = 200;
/** What a sync takes on a fast SSD at least; where the host answers a sync from its cache, the processor alone is measured. */
const syncMs = 1;

const pause = (ms: number) => (ms === 0 ? Promise.resolve() : Bun.sleep(ms));

const slowedFiles = (ms: number): Files => ({
  ...systemFiles,
  open: async (...words) => {
    const file = await systemFiles.open(...words);
    return { ...file, sync: async () => void (await file.sync(), await pause(ms)) };
  },
});

/** Each appender sends its next event when the last one is durable. */
async function appendAtOnce(log: EventLog): Promise<number> {
  const started = performance.now();
  const appender = async (id: number) => {
    for (let round = 0; round < roundsPerPair; round++) await log.append(batch(round * appenders + id)).durable;
  };
  await Promise.all(Array.from({ length: appenders }, (_, id) => appender(id)));
  return performance.now() - started;
}

interface Bare {
  /** Lines are also built and hashed. */
  readonly chained: boolean;
  readonly syncMs: number;
}

/** The same groups of lines straight to a file: one write and one fdatasync per group. */
async function bareFile(path: string, { chained, syncMs }: Bare): Promise<number> {
  const descriptor = openSync(path, "w");
  const ready = Buffer.alloc(appenders * 470, "x");
  let previous = "0".repeat(64);
  let offset = 0;
  const started = performance.now();
  for (let round = 0; round < roundsPerPair; round++) {
    const lines: string[] = [];
    for (let id = 0; chained && id < appenders; id++) {
      const line = JSON.stringify({
        position: offset,
        time: "2026-11-20T11:00:00.123Z",
        ...batch(round * appenders + id),
        previous,
      });
      previous = createHash("sha256").update(line).digest("hex");
      lines.push(`${line.slice(0, -1)},"hash":"${previous}"}\n`);
    }
    const bytes = chained ? Buffer.from(lines.join("")) : ready;
    await new Promise((done) => write(descriptor, bytes, 0, bytes.length, offset, done));
    await new Promise((done) => fdatasync(descriptor, done));
    await pause(syncMs);
    offset += bytes.length;
  }
  const took = performance.now() - started;
  closeSync(descriptor);
  return took;
}

/** `pairs` times, in turn: the file alone, ours, and the file with lines that are built and hashed as ours are; here and on a slower disk. */
export async function* appendRows(workspace: Workspace, pairs: number): AsyncGenerator<Row> {
  yield* rowsFor(workspace, pairs, 0);
  yield* rowsFor(workspace, pairs, syncMs);
}

async function* rowsFor({ directory, open }: Workspace, pairs: number, syncMs: number): AsyncGenerator<Row> {
  const log = await open(`appends-${syncMs}`, slowedFiles(syncMs));
  const [ready, built]: [[number, number][], [number, number][]] = [[], []];
  const path = join(directory, "bare");
  for (let pair = 0; pair < pairs; pair++) {
    const bare = await bareFile(path, { chained: false, syncMs });
    const ours = await appendAtOnce(log);
    ready.push([ours, bare]);
    built.push([ours, await bareFile(path, { chained: true, syncMs })]);
  }
  await log.close();
  const events = appenders * roundsPerPair;
  const disk = syncMs === 0 ? "" : `, a sync takes ${syncMs} ms more`;
  const rowOf = (what: string, { ours, bare, ratio }: ReturnType<typeof medians>): Row => ({
    what: `append ${events} events, ${appenders} at once, each durable${disk}; bare: ${what}`,
    ours: `${inTime(ours)} (${Math.round(events / ours)}k/s)`,
    bare: inTime(bare),
    ratio,
    goal: atMost(Number(ratio.toFixed(2)), 1.25),
  });
  const { goal: _, ...alone } = rowOf("ready bytes to a file", medians(ready));
  yield alone;
  yield rowOf("lines built, hashed and written", medians(built));
}
