/** A log that cannot be written from the start: its readable prefix, and the reason. */
import type { UserError } from "../../errors.ts";
import type { Files } from "../../sys/files.ts";
import type { DirectoryLock } from "../../sys/lock.ts";
import { archivedBefore } from "./archive/base.ts";
import type { Inspection } from "./inspect.ts";
import type { EventLog } from "./log.ts";
import { createReader } from "./reader.ts";
import { createShelf } from "./shelf.ts";

export interface ReadOnlyOptions {
  readonly directory: string;
  readonly files: Files;
  readonly inspection: Inspection;
  readonly lock: DirectoryLock;
  /** Position of the last readable record, when that is not the last one that was inspected. */
  readonly readable?: number;
}

export function readOnlyLog(options: ReadOnlyOptions, error: UserError): EventLog {
  const { directory, files, inspection, lock } = options;
  const { log = "unknown", sealed, last, end, base } = inspection;
  const shelf = createShelf(files, log, sealed, end.position, base?.revisions);
  if (last !== undefined) shelf.open({ segment: last.segment, index: last.index, bytes: last.bytes });
  const position = options.readable ?? end.position;
  let readable = position;
  const archived = archivedBefore(base, (sealed[0] ?? last?.segment)?.first ?? 1);
  const reader = createReader(
    files,
    shelf,
    { archived, directory },
    () => readable,
    (damage) => {
      readable = Math.min(readable, damage.position - 1);
    },
  );
  const never = () => () => undefined;
  return {
    id: log,
    directory,
    mode: () => ({ kind: "read-only", error }),
    position: () => position,
    durable: () => position,
    append: () => {
      throw error;
    },
    whenDurable: (wanted) => (wanted <= position ? Promise.resolve() : Promise.reject(error)),
    archived: () => archived,
    read: reader.read,
    readGroups: reader.readGroups,
    positionAt: reader.positionAt,
    subscribe: never,
    onRewound: never,
    queued: () => [],
    makeReadOnly: () => undefined,
    seal: () => inspection.seal,
    sealKey: () => inspection.sealKey,
    sealNow: () => Promise.reject(error),
    onSealed: never,
    close: lock.release,
  };
}
