/** Gives batches their place: position, time, revision, watermark and hash chain. Synchronous, without input or output. */
import type { Clock } from "../../sys/clock.ts";
import type { Batch, Recorded } from "../envelope.ts";
import { encodeLine } from "./line.ts";
import type { Unhashed } from "./line.ts";

/** A place in the log that the chain can go on from. */
export interface Mark {
  readonly position: number;
  readonly hash: string;
  readonly time: string;
}

export interface Stamped {
  readonly records: readonly Recorded[];
  /** One entry per record, each with its newline. */
  readonly lines: readonly Uint8Array[];
}

export interface Chain {
  /** The next records; `durable` is the watermark written into them. */
  stamp(batch: Batch, durable: number): Stamped;
  position(): number;
  mark(): Mark;
  /** Forgets the records stamped after a mark. */
  rewind(to: Mark, forgotten: Iterable<Recorded>): void;
}

/** `revisions` counts the records per stream up to `start`; the chain keeps and changes it. */
export function createChain(start: Mark, revisions: Map<string, number>, clock: Clock): Chain {
  let { position, hash, time } = start;
  let newestMs = Number.NEGATIVE_INFINITY;

  /** A clock that is set back does not take the records with it. */
  const advanceTime = () => {
    const now = clock.now();
    if (now.getTime() <= newestMs) return;
    newestMs = now.getTime();
    const text = now.toISOString();
    if (text > time) time = text;
  };
  const place = (batch: Batch, index: number, durable: number): Unhashed | undefined => {
    const event = batch.events[index];
    if (event === undefined) return undefined;
    const { type, version, stream, data } = event;
    const revision = (revisions.get(stream) ?? 0) + 1;
    revisions.set(stream, revision);
    const { command, operation, by, reason, events } = batch;
    // Built in steps, since spreading optional parts costs more than the rest together.
    const record: Unhashed = {
      position: ++position,
      time,
      type,
      version,
      stream,
      revision,
      command,
      by,
      data,
      durable,
      previous: hash,
      hash: "",
    };
    if (operation !== undefined) record.operation = operation;
    if (events.length > 1) record.batch = [index + 1, events.length];
    if (reason !== undefined) record.reason = reason;
    return record;
  };
  const stamp = (batch: Batch, durable: number): Stamped => {
    advanceTime();
    const records: Recorded[] = [];
    const lines: Uint8Array[] = [];
    for (let record = place(batch, 0, durable); record !== undefined; record = place(batch, records.length, durable)) {
      lines.push(encodeLine(record));
      hash = record.hash;
      records.push(record);
    }
    return { records, lines };
  };

  const rewind = (to: Mark, forgotten: Iterable<Recorded>) => {
    ({ position, hash } = to);
    for (const { stream } of forgotten) {
      const revision = (revisions.get(stream) ?? 0) - 1;
      if (revision > 0) revisions.set(stream, revision);
      else revisions.delete(stream);
    }
  };

  return { stamp, rewind, position: () => position, mark: () => ({ position, hash, time }) };
}
