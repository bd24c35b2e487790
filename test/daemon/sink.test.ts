/** Events sent on: all of them, in order, at least once, whatever happens to the sink or to the daemon; and nobody waits for it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSink, type Sink, type SinkOptions } from "../../src/daemon/sink/sink.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { catLog } from "../../src/events/store/cat.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { readLines } from "../../src/sys/lines.ts";
import { systemProcesses } from "../../src/sys/process.ts";
import { sendToSyslog } from "../../src/sys/syslog.ts";
import { ann, appendAll, fixedClock, open, settle } from "../events/store/bed.ts";

let place = "";
let directory = "";
let log: EventLog;
let setting = "none";
let sinks: Sink[] = [];
/** Pauses pass when a test says so; the time for one delivery only where it is the point. */
const sendMs = 10_000;
const timers = new Set<{ ms: number; work: () => void }>();
const clock = {
  ...fixedClock(),
  after: (ms: number, work: () => void) => {
    const timer = { ms, work };
    timers.add(timer);
    return () => void timers.delete(timer);
  },
};
function runTimers(isDue = (ms: number) => ms !== sendMs): void {
  for (const timer of timers) {
    if (!isDue(timer.ms)) continue;
    timers.delete(timer);
    timer.work();
  }
}
const reports: string[] = [];

beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), "strata-sink-"));
  directory = join(place, "data");
  [setting, sinks] = ["none", []];
  reports.length = 0;
  timers.clear();
  ({ log } = await open(systemFiles, { directory, segmentBytes: 4000 }));
});
afterEach(async () => {
  for (const sink of sinks) await sink.close();
  await log.close();
  rmSync(place, { recursive: true, force: true });
});

function sinkOf(more: Partial<SinkOptions> = {}): Sink {
  const searchPath = process.env["PATH"] ?? "";
  const ports = { files: systemFiles, processes: systemProcesses, syslog: () => {}, clock, searchPath };
  const report = (line: string) => void reports.push(line);
  const sink = createSink({ ...ports, directory, log, setting: () => setting, report, ...more });
  sinks.push(sink);
  return sink;
}

/** As the daemon does: recorded first, then in force. */
async function setTo(value: string): Promise<number> {
  const data = { number: 1, key: "audit.sink", value, before: setting };
  const event = { type: "settings.changed", version: 1, stream: "settings/daemon", data };
  const { durable } = log.append({ events: [event], command: value, by: ann });
  setting = value;
  await durable;
  return log.durable();
}

/** Lets timers pass until the sink has nothing left to do, or has failed once more. */
async function until(isReached: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error(`never: ${isReached}`);
    runTimers();
    await settle();
    await Bun.sleep(1);
  }
}
const arrived = (sink: Sink) => until(() => sink.view()?.behind === 0 && sink.view()?.failures === 0);

const linesAfter = async (after: number) =>
  Buffer.concat(await Array.fromAsync(catLog({ directory, files: systemFiles, after }))).toString();

test("none sends nothing, and has nothing to show", async () => {
  const sink = sinkOf();
  await appendAll(log, ["a"]);
  runTimers();
  expect(sink.view()).toBeUndefined();
  expect(existsSync(join(directory, "sink.json"))).toBe(false);
});

test("a file gets each line as it is in the log, from the setting's own event on, and goes on after a restart", async () => {
  await appendAll(log, ["before"]);
  const path = join(place, "events");
  const sink = sinkOf();
  const first = await setTo(`file:${path}`);
  await appendAll(log, ["a", "b", "c", "d"]);
  await arrived(sink);
  expect(readFileSync(path, "utf8")).toBe(await linesAfter(first - 1));
  await sink.close();
  await appendAll(log, ["e", "f"]);
  const next = sinkOf();
  expect(next.view()).toEqual({ to: setting, failures: 0 });
  await arrived(next);
  await next.close();
  expect(readFileSync(path, "utf8")).toBe(await linesAfter(first - 1));
  expect(JSON.parse(readFileSync(join(directory, "sink.json"), "utf8"))).toEqual({
    to: setting,
    position: log.durable(),
  });
});

test("another sink begins with the event that set it, also when a daemon was killed right after that", async () => {
  const [one, two] = [join(place, "one"), join(place, "two")];
  const sink = sinkOf();
  await setTo(`file:${one}`);
  await appendAll(log, ["a"]);
  await arrived(sink);
  await sink.close();
  const second = await setTo(`file:${two}`);
  await appendAll(log, ["b", "c"]);
  await arrived(sinkOf());
  expect(readFileSync(two, "utf8")).toBe(await linesAfter(second - 1));
});

test("a command that fails is tried again, told once, and misses nothing", async () => {
  const [path, ready] = [join(place, "got"), join(place, "ready")];
  const sink = sinkOf();
  const first = await setTo(`exec:test -e ${ready} || { echo not ready >&2; exit 3; }; cat >> ${path}`);
  await until(() => (sink.view()?.failures ?? 0) >= 2);
  await appendAll(log, ["a", "b"]);
  expect(sink.view()).toMatchObject({ to: setting, behind: 3, why: "it ended with exit code 3: not ready" });
  writeFileSync(ready, "");
  await arrived(sink);
  expect(readFileSync(path, "utf8")).toBe(await linesAfter(first - 1));
  expect(sink.view()).toEqual({ to: setting, behind: 0, failures: 0 });
  expect(reports).toEqual([
    `audit.sink: ${setting}: it ended with exit code 3: not ready`,
    `audit.sink: ${setting}: events arrive again`,
  ]);
});

test("events whose arrival could not be noted are sent once more, rather than not", async () => {
  const path = join(place, "twice");
  let isRefused = true;
  const writeAtomically: typeof systemFiles.writeAtomically = (...words) =>
    isRefused ? Promise.reject(new Error("no space")) : systemFiles.writeAtomically(...words);
  const sink = sinkOf({ files: { ...systemFiles, writeAtomically } });
  const first = await setTo(`file:${path}`);
  await until(() => (sink.view()?.failures ?? 0) > 0);
  await sink.close();
  isRefused = false;
  await arrived(sinkOf());
  const lines = await linesAfter(first - 1);
  expect(readFileSync(path, "utf8")).toBe(lines + lines);
});

test("a sink that hangs is given up, is not tried again while it hangs, and no append waits for it", async () => {
  const gate = Promise.withResolvers<never>();
  let opened = 0;
  const files = { ...systemFiles, open: () => (opened++, gate.promise) };
  const sink = sinkOf({ files });
  await setTo("file:/hanging");
  await until(() => opened === 1);
  await appendAll(log, ["a", "b", "c"]);
  runTimers((ms) => ms === sendMs);
  await until(() => sink.view()?.why === "what was sent before is still on its way");
  expect(opened).toBe(1);
  gate.reject(new Error("gone"));
  await until(() => opened === 2);
});

test("what another writer left half in the file is ended first, and half of ours is taken back", async () => {
  const path = join(place, "shared");
  writeFileSync(path, "half");
  let isFull = true;
  const openFile: typeof systemFiles.open = async (...words) => {
    const file = await systemFiles.open(...words);
    const write: typeof file.write = async (bytes, offset) => {
      await file.write(isFull ? bytes.subarray(0, 10) : bytes, offset);
      if (isFull) throw new Error("no space");
    };
    return { ...file, write };
  };
  const sink = sinkOf({ files: { ...systemFiles, open: openFile } });
  const first = await setTo(`file:${path}`);
  await until(() => (sink.view()?.failures ?? 0) > 0);
  expect(readFileSync(path, "utf8")).toBe("half");
  isFull = false;
  await arrived(sink);
  expect(readFileSync(path, "utf8")).toBe(`half\n${await linesAfter(first - 1)}`);
});

test("the log's own files are no place for events", async () => {
  const sink = sinkOf();
  await setTo(`file:${join(directory, "log/000000000001.jsonl")}`);
  await until(() => (sink.view()?.failures ?? 0) > 0);
  expect(sink.view()?.why).toBe("the file lies in the data directory");
});

/** A syslog that prints what comes, as hexadecimal. */
const standIn = `
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); log.bind(sys.argv[1]); log.settimeout(20)
print("ready", flush=True)
for _ in range(3): print(log.recv(65536).hex(), flush=True)
`;

test("syslog gets a message for each event, and of a long one what it is found by", async () => {
  const socket = join(place, "log");
  const child = Bun.spawn(["python3", "-c", standIn, socket], { stdout: "pipe" });
  try {
    const lines = readLines(child.stdout, 256 << 10);
    const next = async () => Buffer.from(String((await lines.next()).value), "hex").toString();
    expect((await lines.next()).value).toBe("ready");
    const now = new Date(2026, 10, 7, 9, 5, 3);
    const sink = sinkOf({ syslog: (message) => sendToSyslog(message, { now, pid: 7 }, socket) });
    const first = await setTo("syslog");
    await appendAll(log, ["a"]);
    const long = { type: "instance.noted", version: 1, stream: "instance/i-1", data: { text: "x".repeat(20_000) } };
    await log.append({ events: [long], command: "long", by: ann }).durable;
    await arrived(sink);
    const [set = "", a = ""] = (await linesAfter(first - 1)).split("\n");
    expect(await next()).toBe(`<109>Nov  7 09:05:03 strata[7]: ${set}`);
    expect(await next()).toBe(`<109>Nov  7 09:05:03 strata[7]: ${a}`);
    const cut = JSON.parse((await next()).replace(/^.*?: /, ""));
    expect(cut).toMatchObject({ position: first + 2, type: "instance.noted", by: { name: "ann" }, isCut: true });
  } finally {
    child.kill();
    await child.exited;
  }
});

test("no syslog is a failure with a reason", async () => {
  const nobody = join(place, "nobody");
  const sink = sinkOf({ syslog: (message) => sendToSyslog(message, { now: new Date(0), pid: 7 }, nobody) });
  await setTo("syslog");
  await until(() => (sink.view()?.failures ?? 0) > 0);
  expect(sink.view()?.why).toBe(`there is no syslog at ${nobody}`);
});
