/** A sound log, open for appending: the parts put together. */
import { UserError } from "../../errors.ts";
import type { OpenFile } from "../../sys/files.ts";
import type { Ids } from "../../sys/ids.ts";
import type { DirectoryLock } from "../../sys/lock.ts";
import { removeTemporaries } from "../../sys/temporaries.ts";
import { daemonActor } from "../envelope.ts";
import type { Batch, Recorded } from "../envelope.ts";
import { archivedBefore, type Archived } from "./archive/base.ts";
import { createChain } from "./chain.ts";
import type { Inspection } from "./inspect.ts";
import type { EventLog, LogMode, LogOptions, OpenedLog } from "./log.ts";
import { createQueue } from "./queue.ts";
import { readOnlyLog } from "./read-only.ts";
import { createReader } from "./reader.ts";
import { settleRepairs } from "./repair/owed.ts";
import { confirmEnd, finishSeals, repairLog } from "./repair/repair.ts";
import { createReserve } from "./reserve.ts";
import type { Seal } from "../../model/seal.ts";
import { openSealer } from "./seals/sealer.ts";
import type { Sealer, SealerOptions } from "./seals/sealer.ts";
import {
  checkpointDirectory,
  logDirectory,
  quarantineDirectory,
  sealKeyDirectory,
  segmentBytesMax,
} from "./segment.ts";
import { createShelf } from "./shelf.ts";
import type { ActiveSegment, Shelf } from "./shelf.ts";
import { createTape } from "./tape.ts";
import { createUpkeep } from "./upkeep.ts";
import { damageError } from "./verdict.ts";
import type { Damage } from "../../model/audit.ts";
import { createWriter } from "./writer.ts";

const logIdBytes = 8;

/** Repairs what an inspection found and opens the log. An error means that the disk, not the log, is at fault. */
export async function openWritable(
  options: LogOptions,
  inspection: Inspection,
  lock: DirectoryLock,
): Promise<OpenedLog> {
  const { files, directory, ids } = options;
  const { last, sealed, end, base } = inspection;
  const id = inspection.log ?? `l-${Buffer.from(ids.bytes(logIdBytes)).toString("hex")}`;
  const shelf = createShelf(files, id, sealed, end.position, base?.revisions);
  if (last !== undefined) shelf.open({ segment: last.segment, index: last.index, bytes: last.bytes });
  const index = await shelf.newestIndex();
  if (index.damage !== undefined) {
    const readable = index.damage.position - 1;
    return { log: readOnlyLog({ directory, files, inspection, lock, readable }, damageError(index.damage)) };
  }
  const revisions = index.revisions();
  for (const [stream, revision] of last?.index.revisions() ?? []) revisions.set(stream, revision);
  const repairs = await repairLog(files, directory, inspection, ids);
  const file = last === undefined ? undefined : await confirmEnd(files, directory, last);
  await finishSeals(files, sealed);
  await removeTemporaries(files, foldersOf(directory));
  const sealing = options.isSealed === true ? await trySealer({ files, directory, log: id, ids }) : {};
  const engine = createEngine({ options, inspection, id, shelf, revisions, file, sealing });
  await engine.start();
  const archived = archivedBefore(base, (sealed[0] ?? last?.segment)?.first ?? 1);
  const log = facade(engine, options, { id, archived }, lock);
  await settleRepairs(files, directory, log);
  return {
    log,
    ...(repairs.length === 0 ? {} : { repaired: repairs }),
    ...(sealing.failure === undefined ? {} : { unsealed: sealing.failure }),
  };
}

/** Where the log writes whole files. */
const foldersOf = (directory: string): string[] => [
  logDirectory(directory),
  checkpointDirectory(directory),
  `${directory}/${quarantineDirectory}`,
  // Half a secret key is not for keeping either.
  sealKeyDirectory(directory),
];

interface Parts {
  readonly options: LogOptions;
  readonly inspection: Inspection;
  readonly id: string;
  readonly shelf: Shelf;
  readonly revisions: Map<string, number>;
  readonly file: OpenFile | undefined;
  readonly sealing: Sealing;
}

interface Sealing {
  readonly sealer?: Sealer;
  readonly failure?: unknown;
}

/** Without a key there are no seals, but there is a log: whoever asks for a seal is told why. */
async function trySealer(options: SealerOptions): Promise<Sealing> {
  try {
    return { sealer: await openSealer(options) };
  } catch (failure) {
    return { failure };
  }
}

type Engine = ReturnType<typeof createEngine>;

/** Who listens, and whether appends are accepted. */
function createState() {
  const readers = new Set<(records: readonly Recorded[]) => void>();
  const rewinders = new Set<() => void>();
  const sealWatchers = new Set<(seal: Seal) => void>();
  let mode: LogMode = { kind: "writable" };
  const makeReadOnly = (error: UserError) => {
    if (mode.kind === "writable") mode = { kind: "read-only", error };
  };
  return { readers, rewinders, sealWatchers, mode: () => mode, makeReadOnly };
}

/** Everything that moves behind an open log. */
function createEngine({ options, inspection, id, shelf, revisions, file, sealing }: Parts) {
  const { files, directory, ids, clock, segmentBytes = segmentBytesMax } = options;
  const { end, head } = inspection;
  const state = createState();
  const chain = createChain(end, revisions, clock);
  const reserve = createReserve(files, ids, directory);
  const activeBytes = shelf.active()?.bytes;
  const queue = createQueue({ chain, tree: end.tree, ids, directory, log: id, segmentBytes, activeBytes });
  const { durable, durableTree } = queue;
  const { sealer } = sealing;
  const onSealed = (seal: Seal) => {
    for (const listener of state.sealWatchers) listener(seal);
  };
  const headPosition = head?.position ?? 0;
  const ofHead = { durable, durableTree, headPosition, sealer, onSealed };
  const upkeep = createUpkeep({ files, clock, directory, shelf, reserve, ...ofHead });
  const onRolled = (sealed: ActiveSegment | undefined, sealedFile: OpenFile | undefined) => {
    if (sealed !== undefined) upkeep.seal(sealed, sealedFile);
    upkeep.prepareNext();
  };
  const tape = createTape({ files, directory, shelf, queue, reserve, file, onRolled });
  const writer = createWriter({
    files,
    directory,
    chain,
    queue,
    tape,
    reserve,
    onDurable: (records) => {
      upkeep.headLater();
      for (const listener of state.readers) listener(records);
    },
    onRewound: () => {
      for (const listener of state.rewinders) listener();
    },
    onFailed: state.makeReadOnly,
  });
  /** Begins a new log, or goes on with one, and records what was repaired. */
  const start = async () => {
    if (file === undefined) await writer.begin();
    else {
      if (head?.position !== end.position) upkeep.headLater();
      upkeep.prepareNext();
      await reserve.ensure(file, shelf.active()?.bytes ?? 0).catch(() => undefined);
    }
    if (sealer === undefined || sealer.isRecorded()) return;
    await writer.append(keyBatch(id, ids, sealer.key)).durable;
    // Without the file beside it the log is sealed from the next start on.
    await sealer.recorded().catch(() => undefined);
  };
  return { sealing, state, chain, queue, reserve, shelf, upkeep, tape, writer, start };
}

function keyBatch(id: string, ids: Ids, key: string): Batch {
  const events = [{ type: "log.keyed", version: 1, stream: `log/${id}`, data: { key } }];
  return { events, command: ids.next(), by: daemonActor };
}

/** What the daemon sees. */
function facade(
  engine: Engine,
  { files, directory }: LogOptions,
  { id, archived }: { readonly id: string; readonly archived: Archived | undefined },
  lock: DirectoryLock,
): EventLog {
  const { sealing, state, chain, queue, reserve, shelf, upkeep, tape, writer } = engine;
  const durable = () => queue.durable().position;
  let readable = Number.MAX_SAFE_INTEGER;
  const onDamage = (damage: Damage) => {
    readable = Math.min(readable, damage.position - 1);
    state.makeReadOnly(damageError(damage));
  };
  const reader = createReader(files, shelf, { archived, directory }, () => Math.min(durable(), readable), onDamage);
  return {
    id,
    directory,
    mode: state.mode,
    position: chain.position,
    durable,
    append: (batch) => {
      const mode = state.mode();
      if (mode.kind === "read-only") throw mode.error;
      return writer.append(batch);
    },
    whenDurable: writer.whenDurable,
    archived: () => archived,
    read: reader.read,
    readGroups: reader.readGroups,
    positionAt: reader.positionAt,
    subscribe: (listener) => joined(state.readers, listener),
    onRewound: (listener) => joined(state.rewinders, listener),
    queued: queue.records,
    makeReadOnly: state.makeReadOnly,
    seal: () => sealing.sealer?.newest(),
    sealKey: () => sealing.sealer?.key,
    sealNow: async () => {
      if (sealing.failure !== undefined) throw sealing.failure;
      return upkeep.sealNow();
    },
    onSealed: (listener) => joined(state.sealWatchers, listener),
    close: async () => {
      state.makeReadOnly(new UserError("log-closed", "the event log is closed: the daemon is stopping"));
      await writer.drained();
      await upkeep.finish();
      await reserve.release().catch(() => undefined);
      await tape.file()?.close();
      await lock.release();
    },
  };
}

function joined<Listener>(all: Set<Listener>, listener: Listener): () => void {
  all.add(listener);
  return () => void all.delete(listener);
}
