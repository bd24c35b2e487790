/** A sound log, open for appending: the parts put together. */
import { UserError } from "../../errors.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { DirectoryLock } from "../../sys/lock.ts";
import { daemonActor } from "../envelope.ts";
import type { Recorded } from "../envelope.ts";
import { createChain } from "./chain.ts";
import type { Inspection } from "./inspect.ts";
import type { EventLog, LogMode, LogOptions, OpenedLog } from "./log.ts";
import { createQueue } from "./queue.ts";
import { readOnlyLog } from "./read-only.ts";
import { createReader } from "./reader.ts";
import { confirmEnd, finishSeal, removeTemporaries, repairLog } from "./repair.ts";
import type { Repair } from "./repair.ts";
import { createReserve } from "./reserve.ts";
import { segmentBytesMax } from "./segment.ts";
import { createShelf } from "./shelf.ts";
import type { Shelf } from "./shelf.ts";
import { createUpkeep } from "./upkeep.ts";
import { damageError } from "./verdict.ts";
import { createWriter } from "./writer.ts";

const logIdBytes = 8;

/** Repairs what an inspection found and opens the log. An error means that the disk, not the log, is at fault. */
export async function openWritable(
  options: LogOptions,
  inspection: Inspection,
  lock: DirectoryLock,
): Promise<OpenedLog> {
  const { files, directory, ids } = options;
  const { last, sealed, end } = inspection;
  const id = inspection.log ?? `l-${Buffer.from(ids.bytes(logIdBytes)).toString("hex")}`;
  const shelf = createShelf(files, id, sealed, end.position);
  if (last !== undefined) shelf.open({ segment: last.segment, index: last.index, bytes: last.bytes });
  const index = await shelf.newestIndex();
  if (index.damage !== undefined) {
    const readable = index.damage.position - 1;
    return { log: readOnlyLog({ directory, files, inspection, lock, readable }, damageError(index.damage)) };
  }
  const revisions = index.revisions();
  for (const [stream, revision] of last?.index.revisions() ?? []) revisions.set(stream, revision);
  const repairs = await repairLog(files, directory, inspection);
  const file = last === undefined ? undefined : await confirmEnd(files, directory, last);
  await finishSeal(files, sealed.at(-1));
  await removeTemporaries(files, directory);
  const log = assemble({ options, inspection, lock, id, shelf, revisions, file });
  await log.start(repairs);
  return { log: log.log, ...(repairs.length === 0 ? {} : { repaired: repairs }) };
}

interface Parts {
  readonly options: LogOptions;
  readonly inspection: Inspection;
  readonly lock: DirectoryLock;
  readonly id: string;
  readonly shelf: Shelf;
  readonly revisions: Map<string, number>;
  readonly file: OpenFile | undefined;
}

function assemble({ options, inspection, lock, id, shelf, revisions, file }: Parts) {
  const { files, directory, ids, clock, segmentBytes = segmentBytesMax } = options;
  const chain = createChain(inspection.end, revisions, clock);
  const reserve = createReserve(files, ids, directory);
  const queue = createQueue({
    chain,
    tree: inspection.end.tree,
    ids,
    directory,
    log: id,
    segmentBytes,
    activeBytes: shelf.active()?.bytes,
  });
  const readers = new Set<(records: readonly Recorded[]) => void>();
  const rewinders = new Set<() => void>();
  let mode: LogMode = { kind: "writable" };
  let readable = Number.MAX_SAFE_INTEGER;

  const makeReadOnly = (error: UserError) => {
    if (mode.kind === "writable") mode = { kind: "read-only", error };
  };
  const upkeep = createUpkeep({
    files,
    clock,
    directory,
    shelf,
    reserve,
    durable: () => queue.durable(),
    headPosition: inspection.head?.position ?? 0,
  });
  const writer = createWriter({
    files,
    directory,
    shelf,
    chain,
    queue,
    reserve,
    file,
    onDurable: (records) => {
      upkeep.headLater();
      for (const listener of readers) listener(records);
    },
    onRewound: () => {
      for (const listener of rewinders) listener();
    },
    onFailed: makeReadOnly,
    onRolled: (sealed, sealedFile) => {
      if (sealed !== undefined) upkeep.seal(sealed, sealedFile);
      upkeep.prepareNext();
    },
  });
  const durable = () => writer.durable().position;
  const reader = createReader(
    files,
    shelf,
    () => Math.min(durable(), readable),
    (damage) => {
      readable = Math.min(readable, damage.position - 1);
      makeReadOnly(damageError(damage));
    },
  );

  const log: EventLog = {
    id,
    directory,
    mode: () => mode,
    position: chain.position,
    durable,
    append: (batch) => {
      if (mode.kind === "read-only") throw mode.error;
      return writer.append(batch);
    },
    whenDurable: writer.whenDurable,
    read: reader.read,
    positionAt: reader.positionAt,
    subscribe: (listener) => joined(readers, listener),
    onRewound: (listener) => joined(rewinders, listener),
    queued: queue.records,
    makeReadOnly,
    close: async () => {
      makeReadOnly(new UserError("log-closed", "the event log is closed: the daemon is stopping"));
      await writer.drained();
      await upkeep.finish();
      await reserve.release(writer.file(), shelf.active()?.bytes ?? 0).catch(() => undefined);
      await writer.file()?.close();
      await lock.release();
    },
  };
  /** Begins a new log, or goes on with one, and records what was repaired. */
  const start = async (repairs: readonly Repair[]) => {
    if (file === undefined) await writer.begin();
    else if (inspection.head?.position !== inspection.end.position) upkeep.headLater();
    if (file !== undefined) upkeep.prepareNext();
    if (file !== undefined) await reserve.ensure(file, shelf.active()?.bytes ?? 0).catch(() => undefined);
    const events = repairs.map((data) => ({
      type: "log.repaired",
      version: 1,
      stream: `log/${id}`,
      data: { ...data },
    }));
    if (events.length > 0) await log.append({ events, command: ids.next(), by: daemonActor }).durable;
  };
  return { log, start };
}

function joined<Listener>(all: Set<Listener>, listener: Listener): () => void {
  all.add(listener);
  return () => void all.delete(listener);
}
