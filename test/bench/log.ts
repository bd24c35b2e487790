/** A large log: written, verified, folded, opened and repaired, against the same bytes without it. */
import { closeSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { loadCheckpoint, saveCheckpoint } from "../../src/events/store/checkpoint.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { batch, type Workspace } from "./events.ts";
import { inTime, timed } from "./measure.ts";
import { atMost, type Row } from "./row.ts";

/** Goals are for so many events, and less for fewer. */
const goalEvents = 1_000_000;

export async function* logRows(workspace: Workspace, events: number): AsyncGenerator<Row> {
  const goal = (ms: number, limitMs: number) => atMost(Math.round(ms), (limitMs * events) / goalEvents, " ms");
  yield { what: `write ${events} events, 500 at once`, ours: inTime(await timed(() => fill(workspace, events))) };
  const directory = join(workspace.directory, "large");
  const [bare, verify, replay] = ["bare", "verify", "replay"].map((way) => inOwnProcess(way, directory)) as [
    number,
    number,
    number,
  ];
  yield {
    what: `verify ${events} events: chain, tree, schema; bare: hash and parse`,
    ours: inTime(verify),
    bare: inTime(bare),
    ratio: verify / bare,
    goal: goal(verify, 5_000),
  };
  yield {
    what: `replay ${events} events: check, parse, fold; bare: hash and parse`,
    ours: inTime(replay),
    bare: inTime(bare),
    ratio: replay / bare,
    goal: goal(replay, 3_000),
  };
  const log = await workspace.open("large");
  yield { what: "find one operation by its number", ours: inTime(await timed(() => operation(log, events >> 1))) };
  yield { what: "history of one of 500 streams", ours: inTime(await timed(() => history(log))) };
  await log.close();
  const opened = await timed(() => openFromCheckpoint(workspace));
  yield { what: "open from a checkpoint", ours: inTime(opened), goal: atMost(Math.round(opened), 300, " ms") };
  const repaired = await repairTorn(workspace);
  yield {
    what: "open and repair a torn end",
    ours: inTime(repaired),
    goal: atMost(Math.round(repaired), 1_000, " ms"),
  };
}

async function fill({ open }: Workspace, events: number): Promise<void> {
  const log = await open("large");
  for (let index = 0; index < events; index++) {
    const { durable } = log.append(batch(index));
    if (index % 500 === 499) await durable;
  }
  await log.whenDurable(log.position());
  await saveCheckpoint(
    { directory: log.directory, files: systemFiles, log },
    { position: log.durable(), versions: { world: 1 }, state: { any: 1 } },
  );
  await log.close();
}

/** A daemon that replays has just been started, and nothing is in its memory or compiled yet. */
function inOwnProcess(way: string, directory: string): number {
  const script = join(import.meta.dir, "long-log.ts");
  const { stdout, stderr, success } = Bun.spawnSync([process.execPath, script, way, directory]);
  if (!success) throw new Error(`${way}: ${stderr.toString()}`);
  return Number(stdout.toString());
}

async function operation(log: EventLog, operationNumber: number): Promise<number> {
  let found = 0;
  for await (const { position } of log.read({ operationNumber })) found = position;
  return found;
}

async function history(log: EventLog): Promise<number> {
  let found = 0;
  for await (const { position } of log.read({ stream: "instance/i-77", reverse: true })) found += Math.sign(position);
  return found;
}

async function openFromCheckpoint({ directory, open }: Workspace): Promise<void> {
  const log = await open("large");
  const ports = { directory: join(directory, "large"), files: systemFiles, log };
  const checkpoint = await loadCheckpoint(ports, { world: 1 });
  for await (const { position } of log.read({ after: checkpoint?.position ?? 0 }))
    if (position < 0) throw new Error("no position is negative");
  await log.close();
}

async function repairTorn({ directory, open }: Workspace): Promise<number> {
  const folder = join(directory, "large", "log");
  const newest = readdirSync(folder).findLast((name) => name.endsWith(".jsonl")) ?? "";
  const descriptor = openSync(join(folder, newest), "r+");
  writeSync(descriptor, '{"position":99', statSync(join(folder, newest)).size);
  closeSync(descriptor);
  return timed(async () => (await open("large")).close());
}
