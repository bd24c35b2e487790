/** Gives batches their place: position, time, revision, watermark, hash chain and Merkle tree. Synchronous, without input or output. */
import type { Clock } from "../../sys/clock.ts";
import type { Batch, Recorded } from "../envelope.ts";
import { encodeLine } from "./line.ts";
import type { Tree } from "./merkle.ts";

/** A place in the log that the chain can go on from. */
export interface Mark {
  readonly position: number;
  readonly hash: string;
  readonly time: string;
  readonly tree: Tree;
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
  let tree = start.tree.fork();

  const stamp = (batch: Batch, durable: number): Stamped => {
    const now = clock.now().toISOString();
    if (now > time) time = now;
    const { command, operation, by, reason } = batch;
    const records: Recorded[] = [];
    const lines: Uint8Array[] = [];
    for (const [index, event] of batch.events.entries()) {
      const revision = (revisions.get(event.stream) ?? 0) + 1;
      const { record, framed } = encodeLine({
        position: position + 1,
        time,
        type: event.type,
        version: event.version,
        stream: event.stream,
        revision,
        command,
        ...(operation === undefined ? {} : { operation }),
        ...(batch.events.length === 1 ? {} : { batch: [index + 1, batch.events.length] as const }),
        by,
        ...(reason === undefined ? {} : { reason }),
        data: event.data,
        durable,
        previous: hash,
      });
      position++;
      hash = record.hash;
      revisions.set(event.stream, revision);
      tree.append(framed, 1, framed.length - 1);
      records.push(record);
      lines.push(framed.subarray(1));
    }
    return { records, lines };
  };

  const rewind = (to: Mark, forgotten: Iterable<Recorded>) => {
    ({ position, hash, time } = to);
    tree = to.tree.fork();
    for (const { stream } of forgotten) {
      const revision = (revisions.get(stream) ?? 0) - 1;
      if (revision > 0) revisions.set(stream, revision);
      else revisions.delete(stream);
    }
  };

  return { stamp, rewind, position: () => position, mark: () => ({ position, hash, time, tree: tree.fork() }) };
}
