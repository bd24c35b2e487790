/** What the tests of the event log share: a fixed clock and ids, a log on a simulated disk, and ways to look at and damage its files. */
import { daemonActor } from "../../../src/events/envelope.ts";
import type { Actor, Batch, Recorded } from "../../../src/events/envelope.ts";
import { openLog } from "../../../src/events/store/log.ts";
import type { EventLog, LogOptions, OpenedLog } from "../../../src/events/store/log.ts";
import type { ReadQuery } from "../../../src/events/store/reader.ts";
import type { Clock } from "../../../src/sys/clock.ts";
import type { Files } from "../../../src/sys/files.ts";
import type { Ids } from "../../../src/sys/ids.ts";

export const directory = "/data";
export const logFolder = `${directory}/log`;

/** One millisecond later each time it is asked; timers run when the test says so. */
export function fixedClock(startIso = "2026-11-20T11:00:00.000Z"): Clock & { runTimers(): void } {
  let nowMs = Date.parse(startIso);
  let timers: (() => void)[] = [];
  return {
    now: () => new Date(nowMs++),
    monotonicMs: () => nowMs,
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
    after: (_, work) => {
      timers.push(work);
      return () => {
        timers = timers.filter((each) => each !== work);
      };
    },
    runTimers: () => {
      const due = timers;
      timers = [];
      for (const work of due) work();
    },
  };
}

export function countedIds(): Ids {
  let next = 0;
  return {
    next: () => `id-${++next}`,
    bytes: (length) => new Uint8Array(length).fill(7),
  };
}

export const ann: Actor = { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix", pid: 812 };

export function open(files: Files, options: Partial<LogOptions> = {}): Promise<OpenedLog> {
  return openLog({ directory, files, clock: fixedClock(), ids: countedIds(), ...options });
}

/** One event on a stream, or several as one batch. */
export function batchOf(command: string, count = 1, stream = "instance/i-1"): Batch {
  const events = Array.from({ length: count }, (_, index) => ({
    type: "instance.noted",
    version: 1,
    stream,
    data: { text: `${command} ${index} ${"x".repeat(30 + ((command.length * 7 + index * 13) % 90))}` },
  }));
  return { events, command, by: ann };
}

export async function appendAll(log: EventLog, commands: readonly string[]): Promise<void> {
  for (const command of commands) await log.append(batchOf(command)).durable;
}

export async function readAll(log: EventLog, query: ReadQuery = {}): Promise<Recorded[]> {
  const records: Recorded[] = [];
  for await (const record of log.read(query)) records.push(record);
  return records;
}

/** Commands of the records that a test wrote, in order. */
export async function commandsIn(log: EventLog): Promise<string[]> {
  return (await readAll(log)).filter((record) => record.by.id !== daemonActor.id).map((record) => record.command);
}

export async function segmentsOf(files: Files): Promise<string[]> {
  return (await files.list(logFolder)).filter((name) => name.endsWith(".jsonl")).map((name) => `${logFolder}/${name}`);
}

/** The lines of a file with their newlines. */
export async function linesOf(files: Files, path: string): Promise<string[]> {
  const text = new TextDecoder("latin1").decode(await files.read(path));
  return text.split(/(?<=\n)/);
}

/** Replaces a file's content, as an accident or a person would: nothing of the log's own code is involved. */
export async function overwrite(files: Files, path: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const changed = change((await files.read(path)).slice());
  const file = await files.open(path, "write");
  await file.truncate(0);
  await file.write(changed, 0);
  await file.sync();
  await file.close();
}

/** Lets everything that is ready run: simulated files and timers settle within a few turns. */
export async function settle(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
