/** Appending to the log, against the same bytes to a bare file. */
import { createHash } from "node:crypto";
import { closeSync, fdatasync, openSync, write } from "node:fs";
import { join } from "node:path";
import type { EventLog } from "../../src/events/store/log.ts";
import { batch, type Workspace } from "./events.ts";
import { inTime, medians } from "./measure.ts";
import { atMost, type Row } from "./row.ts";

const appenders = 100;
const roundsPerPair = 200;

/** Each appender sends its next event when the last one is durable. */
async function appendAtOnce(log: EventLog): Promise<number> {
  const started = performance.now();
  const appender = async (id: number) => {
    for (let round = 0; round < roundsPerPair; round++) await log.append(batch(round * appenders + id)).durable;
  };
  await Promise.all(Array.from({ length: appenders }, (_, id) => appender(id)));
  return performance.now() - started;
}

/** The same groups of lines straight to a file: one write and one fdatasync per group. `chained`: lines are also built and hashed. */
async function bareFile(path: string, chained: boolean): Promise<number> {
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
    offset += bytes.length;
  }
  const took = performance.now() - started;
  closeSync(descriptor);
  return took;
}

/** `pairs` times, in turn: the file alone, ours, and the file with lines that are built and hashed as ours are. */
export async function* appendRows({ directory, open }: Workspace, pairs: number): AsyncGenerator<Row> {
  const log = await open("appends");
  const [ready, built]: [number, number][][] = [[], []];
  const path = join(directory, "bare");
  for (let pair = 0; pair < pairs; pair++) {
    const bare = await bareFile(path, false);
    const ours = await appendAtOnce(log);
    ready?.push([ours, bare]);
    built?.push([ours, await bareFile(path, true)]);
  }
  await log.close();
  const events = appenders * roundsPerPair;
  const rowOf = (what: string, { ours, bare, ratio }: ReturnType<typeof medians>): Row => ({
    what: `append ${events} events, ${appenders} at once, each durable; bare: ${what}`,
    ours: `${inTime(ours)} (${Math.round(events / ours)}k/s)`,
    bare: inTime(bare),
    ratio,
  });
  yield rowOf("ready bytes to a file", medians(ready ?? []));
  const lines = medians(built ?? []);
  yield { ...rowOf("lines built, hashed and written", lines), goal: atMost(lines.ratio, 1.25) };
}
