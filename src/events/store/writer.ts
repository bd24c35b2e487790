/** Group commit: what queues while one sync runs goes into the next write; a failed write moves the queue to a new segment, once. */
import { assert, UserError } from "../../errors.ts";
import { errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { Batch, Recorded } from "../envelope.ts";
import type { Chain } from "./chain.ts";
import type { Group, Queue } from "./queue.ts";
import type { Reserve } from "./reserve.ts";
import { logDirectory } from "./segment.ts";
import { extend } from "./shelf.ts";
import type { Tape, Written } from "./tape.ts";
import { storageError } from "./verdict.ts";
import { createWaiters } from "./waiters.ts";

/** More than a daemon ever has in flight: a caller that meets it is told to come back. */
const queuedRecordsMax = 20_000;

export interface Appended {
  readonly recorded: readonly Recorded[];
  readonly durable: Promise<void>;
}

export interface WriterOptions {
  readonly files: Files;
  readonly directory: string;
  readonly chain: Chain;
  readonly queue: Queue;
  readonly tape: Tape;
  readonly reserve: Reserve;
  onDurable(records: readonly Recorded[]): void;
  onRewound(): void;
  onFailed(error: UserError): void;
}

export interface Writer {
  append(batch: Batch): Appended;
  whenDurable(position: number): Promise<void>;
  /** Opens the first segment; resolves when it is durable. */
  begin(): Promise<void>;
  /** Resolves when nothing is queued any more. */
  drained(): Promise<void>;
}

export function createWriter(options: WriterOptions): Writer {
  const { chain, queue, tape, reserve } = options;
  const waiters = createWaiters();
  let failure: UserError | undefined;
  let running: Promise<void> | undefined;

  const start = () => {
    // The first append of a wave starts the work behind all others that are ready now, so that they share a sync.
    running ??= Promise.resolve().then(commitAll);
  };
  const commitAll = async () => {
    try {
      for (let group = queue.group(); group !== undefined; group = queue.group()) {
        const written = await tape.write(group).catch(recover);
        if (written !== undefined) await finish(group, written);
      }
    } finally {
      // In the same turn as the last look at the queue: an append that comes a turn later must start anew.
      running = undefined;
    }
  };
  const finish = async (group: Group, { target, tree }: Written) => {
    recovery.succeeded();
    const records = group.entries.flatMap((entry) => entry.records);
    extend(target, records, group.lines);
    const done = queue.finish(group, tree);
    // Whoever waits is answered, whatever a listener makes of the news.
    for (const { resolve } of done) resolve();
    waiters.reach(group.end.position);
    options.onDurable(records);
    const file = tape.file();
    if (file !== undefined) await reserve.ensure(file, target.bytes).catch(() => undefined);
  };
  const restamp = () => {
    const taken = queue.takeAll();
    queue.openSegment();
    for (const { batch, settle } of taken) if (settle !== undefined) queue.push(batch, settle);
    waiters.raise(chain.position());
    options.onRewound();
  };
  const giveUp = (error: UserError) => {
    failure = error;
    const taken = queue.takeAll();
    options.onFailed(error);
    for (const { settle } of taken) settle?.reject(error);
    waiters.fail(error);
    options.onRewound();
  };
  const recovery = createRecovery(options, restamp, giveUp);
  const recover = recovery.recover;

  return {
    append: (batch) => {
      if (failure !== undefined) throw failure;
      if (queue.count() + batch.events.length > queuedRecordsMax) throw busyError();
      const { records, settle } = queue.push(batch);
      start();
      return { recorded: records, durable: settle.promise };
    },
    whenDurable: (position) => {
      if (position <= queue.durable().position) return Promise.resolve();
      if (failure !== undefined) return Promise.reject(failure);
      assert(position <= chain.position(), `position ${position} was handed out`);
      return waiters.wait(position);
    },
    begin: () => {
      queue.openSegment();
      start();
      return waiters.wait(chain.position());
    },
    drained: async () => {
      while (running !== undefined) await running;
    },
  };
}

/** After the first error of a write or a sync that file is closed for ever and the queue goes to a new segment; after the
 *  second in a row the log gives up. */
function createRecovery(
  { files, directory, tape, reserve }: WriterOptions,
  restamp: () => void,
  giveUp: (error: UserError) => void,
) {
  let isRetry = false;
  const recover = async (error: unknown): Promise<undefined> => {
    if (errorCode(error) === undefined) throw error;
    try {
      await tape.abandon();
      if (isRetry) throw error;
      isRetry = true;
      await reserve.spend();
    } catch (last) {
      const space = await files.space(directory).catch(() => undefined);
      return void giveUp(storageError(logDirectory(directory), last, space?.freeBytes));
    }
    restamp();
  };
  const succeeded = () => {
    isRetry = false;
  };
  return { recover, succeeded };
}

function busyError(): UserError {
  return new UserError("storage-busy", `${queuedRecordsMax} records already wait for the disk`, {
    hints: [["next", "try again in a moment"]],
  });
}
