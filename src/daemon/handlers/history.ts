/** The history that goes on: a row as each operation ends, as each session does, and as things happen by themselves. */
import type { Input, Output } from "../../api/contract.ts";
import type { Recorded } from "../../events/envelope.ts";
import { ends, mayEnd, opens } from "../../events/projections/endings.ts";
import { createHistoryFold, isSpontaneous } from "../../events/projections/history.ts";
import type { HistoryRow } from "../../model/view.ts";
import { createQueue } from "../queue.ts";
import type { Daemon } from "./context.ts";
import { namesOf, rowsUpTo, streamOf } from "./reading.ts";

/** Ends that may wait for a slow follower. */
const waitingMax = 10_000;
/** Records of an instance that are looked through for the beginning of a session. */
const sessionRecordsMax = 10_000;

type Follow = Input<"history.follow">;

export async function* followHistory(
  daemon: Daemon,
  { instance, after, ...input }: Follow,
  signal: AbortSignal,
): AsyncGenerator<Output<"history.follow">> {
  const { log } = daemon;
  const queue = createQueue<Recorded>(waitingMax);
  const unsubscribe = log.subscribe((records) => records.filter(isEnd).forEach(queue.push));
  try {
    const upTo = log.durable();
    const stream = instance === undefined ? undefined : await streamOf(daemon, instance);
    if (after === undefined) {
      const rows = input.limit === 0 ? [] : await rowsUpTo(daemon, { ...input, stream, reverse: true }, upTo);
      yield { position: upTo, rows };
    } else yield* ended(daemon, input, log.read({ after, upTo, ...(stream !== undefined && { stream }) }), signal);
    yield* ended(daemon, input, those(queue.items(signal), upTo, stream), signal);
  } finally {
    unsubscribe();
  }
}

async function* those(records: AsyncIterable<Recorded>, after: number, stream: string | undefined) {
  for await (const record of records)
    if (record.position > after && (stream === undefined || record.stream === stream)) yield record;
}

const isEnd = (record: Recorded): boolean =>
  mayEnd(record) || isSpontaneous(record) || record.type === "instance.session-ended";

/** The rows that `records` bring to their end. */
async function* ended(
  daemon: Daemon,
  filter: Omit<Follow, "instance" | "after">,
  records: AsyncIterable<Recorded>,
  signal: AbortSignal,
): AsyncGenerator<Output<"history.follow">> {
  for await (const record of records) {
    if (signal.aborted) return;
    const row = isEnd(record) ? await rowOf(daemon, filter, record) : undefined;
    if (row) yield { position: record.position, rows: [row] };
  }
}

async function rowOf(
  daemon: Daemon,
  filter: Omit<Follow, "instance" | "after">,
  end: Recorded,
): Promise<HistoryRow | undefined> {
  const fold = createHistoryFold(1, filter);
  for (const record of (await whole(daemon, end)).toReversed()) fold.add(record);
  return fold.rows(await namesOf(daemon, fold.instances()))[0];
}

/** What ended with this record, oldest first; empty when nothing did. */
async function whole({ log }: Daemon, end: Recorded): Promise<Recorded[]> {
  const { operation, stream, position } = end;
  if (end.type === "instance.session-ended") {
    const query = { stream, upTo: position, reverse: true, limit: sessionRecordsMax };
    for await (const record of log.read(query))
      if (record.type === "instance.session-started" && record.data["session"] === end.data["session"])
        return [record, end];
    return [];
  }
  if (operation === undefined) return [end];
  const records = await Array.fromAsync(log.read({ operation, upTo: position }));
  const kind = records.map(opens).find((each) => each !== undefined);
  return kind !== undefined && ends(end, kind) ? records : [];
}
