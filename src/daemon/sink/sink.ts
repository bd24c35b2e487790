/**
 * Sends each durable event on (setting audit.sink): in order, at least once, from the log itself, so that nothing waits in memory
 * and nobody waits for it.
 */
import { messageOf } from "../../errors.ts";
import type { Recorded } from "../../events/envelope.ts";
import { encodeLine } from "../../events/store/line.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { SinkView } from "../../model/view.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { appendText, type CommandPorts, runWithText } from "../away.ts";
import { readCursor, saveCursor } from "./cursor.ts";

export interface SinkOptions extends CommandPorts {
  readonly directory: string;
  readonly files: Pick<Files, "open" | "read" | "stat" | "writeAtomically">;
  readonly log: Pick<EventLog, "read" | "durable" | "subscribe">;
  /** One message of one line; throws when nobody takes it. */
  readonly syslog: (message: string) => void;
  readonly clock: Clock;
  /** audit.sink as it is now. */
  readonly setting: () => string;
  readonly report: (line: string) => void;
}

export interface Sink {
  /** Undefined: events are sent nowhere. */
  view(): SinkView | undefined;
  /** Sends what it can in a bounded time, and nothing more after that. */
  close(): Promise<void>;
}

/** What goes at once. */
const batchMax = { records: 500, bytes: 1 << 20 };
/** Events that come together go together. */
const gatherMs = 200;
const sendMsMax = 10_000;
/** Between two attempts: doubled with each failure. */
const pauseMs = { min: 1_000, max: 300_000 };
/** At the end of a daemon. */
const closeMsMax = 5_000;
/** Messages may be cut beyond; then only the main fields go, with the hash by which the event is found. */
const syslogBytesMax = 8_000;

export function createSink(options: SinkOptions): Sink {
  const { clock, log, setting, report } = options;
  /** `saved`: what the cursor says; what was taken after that is sent once more by the next daemon, not by this one. */
  let state: { readonly to: string; position: number; saved: number } | undefined;
  let failures = 0;
  let why: string | undefined;
  let running: Promise<void> | undefined;
  let disarm: (() => void) | undefined;
  let isClosed = false;
  let giveUpMs = Number.POSITIVE_INFINITY;
  /** Of a delivery that was given up and did not end: another one would hang the same way. */
  let hanging: Promise<void> | undefined;

  const ended = (to: string, failure?: string) => {
    // Said once, not at each attempt.
    if (failure !== undefined && why === undefined) report(`audit.sink: ${to}: ${failure}`);
    if (failure === undefined && why !== undefined) report(`audit.sink: ${to}: events arrive again`);
    failures = failure === undefined ? 0 : failures + 1;
    why = failure;
  };
  const released = () => {
    hanging = undefined;
  };
  const deliverInTime = async (to: string, records: readonly Recorded[]) => {
    if (hanging !== undefined) throw new Error("what was sent before is still on its way");
    const late = Promise.withResolvers<never>();
    const stop = clock.after(sendMsMax, () => late.reject(new Error(`not taken within ${sendMsMax / 1000} s`)));
    const work = deliver(options, to, records);
    hanging = work.then(released, released);
    await Promise.race([work, late.promise]).finally(stop);
    await hanging;
  };
  const begun = async (to: string) => {
    const position = await readCursor(options, to);
    return { to, position, saved: position };
  };
  const save = async ({ to, position, saved }: NonNullable<typeof state>) => {
    if (position !== saved) await saveCursor(options, to, position);
    if (state) state.saved = position;
  };
  /** The next ones; false when there are none. */
  const step = async (to: string): Promise<boolean> => {
    const at = state?.to === to ? state : (state = await begun(to));
    await save(at);
    const records = await nextBatch(log, at.position);
    const last = records.at(-1);
    if (last === undefined) return false;
    await deliverInTime(to, records);
    at.position = last.position;
    await save(at);
    return true;
  };
  const drain = async () => {
    for (let to = setting(); to !== "none" && clock.monotonicMs() < giveUpMs; to = setting()) {
      const isMore = await step(to).catch((error: unknown) => messageOf(error));
      if (isMore === false) return;
      ended(to, isMore === true ? undefined : isMore);
      if (isMore !== true) return armed(Math.min(pauseMs.max, pauseMs.min * 2 ** (failures - 1)));
    }
  };
  const run = () => {
    disarm = undefined;
    running ??= drain().finally(() => {
      running = undefined;
      // What came while the last step found nothing more.
      if (!isClosed && disarm === undefined && isBehind()) armed(gatherMs);
    });
  };
  const isBehind = () => setting() !== "none" && (state?.to !== setting() || state.position < log.durable());
  const armed = (ms: number) => {
    if (!isClosed) disarm ??= clock.after(ms, run);
  };
  const unsubscribe = log.subscribe(() => {
    if (setting() !== "none" && running === undefined) armed(gatherMs);
  });
  if (setting() !== "none") armed(gatherMs);
  return {
    view: () => {
      const to = setting();
      if (to === "none") return undefined;
      const behind = state?.to === to ? log.durable() - state.position : undefined;
      return { to, ...(behind !== undefined && { behind }), failures, ...(why !== undefined && { why }) };
    },
    close: async () => {
      isClosed = true;
      giveUpMs = clock.monotonicMs() + closeMsMax;
      unsubscribe();
      disarm?.();
      // One that fails now is taken up by the next daemon.
      if (why === undefined) run();
      await running;
    },
  };
}

async function nextBatch(log: Pick<EventLog, "read">, after: number): Promise<Recorded[]> {
  const records: Recorded[] = [];
  let bytes = 0;
  for await (const record of log.read({ after, limit: batchMax.records })) {
    records.push(record);
    bytes += JSON.stringify(record.data).length;
    if (bytes > batchMax.bytes) break;
  }
  return records;
}

async function deliver(options: SinkOptions, to: string, records: readonly Recorded[]): Promise<void> {
  const [, kind, rest = ""] = /^([a-z]+)(?::(.*))?$/s.exec(to) ?? [];
  const lines = records.map((record) => Buffer.from(encodeLine({ ...record })).toString());
  if (kind === "syslog") return lines.forEach((line, index) => options.syslog(messageFor(line, records[index])));
  if (kind !== "file") return runWithText(options, rest, lines.join(""), sendMsMax - 1_000);
  // The log's own files would be damaged by it.
  if (rest.startsWith(`${options.directory}/`)) throw new Error("the file lies in the data directory");
  return appendText(options.files, rest, lines.join(""));
}

function messageFor(line: string, record: Recorded | undefined): string {
  if (record === undefined || Buffer.byteLength(line) <= syslogBytesMax) return line.trimEnd();
  const { position, time, type, stream, operation, by, hash } = record;
  return JSON.stringify({
    position,
    time,
    type,
    stream,
    operation,
    by: { id: by.id, name: by.name },
    hash,
    isCut: true,
  });
}
