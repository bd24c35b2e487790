/** A log that cannot be written from the start: its readable prefix, and the reason. */
import type { UserError } from "../../errors.ts";
import type { Files } from "../../sys/files.ts";
import type { DirectoryLock } from "../../sys/lock.ts";
import type { Inspection } from "./inspect.ts";
import type { EventLog } from "./log.ts";
import { createReader } from "./reader.ts";
import { createShelf } from "./shelf.ts";

export interface ReadOnlyOptions {
  readonly directory: string;
  readonly files: Files;
  readonly inspection: Inspection;
  readonly lock: DirectoryLock;
}

export function readOnlyLog({ directory, files, inspection, lock }: ReadOnlyOptions, error: UserError): EventLog {
  const { log = "unknown", sealed, last, end } = inspection;
  const shelf = createShelf(files, log, sealed, end.position);
  if (last !== undefined) shelf.open({ segment: last.segment, index: last.index, bytes: last.bytes });
  let readable = end.position;
  const reader = createReader(
    files,
    shelf,
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
    position: () => end.position,
    durable: () => end.position,
    append: () => {
      throw error;
    },
    whenDurable: (position) => (position <= end.position ? Promise.resolve() : Promise.reject(error)),
    read: reader.read,
    positionAt: reader.positionAt,
    subscribe: never,
    onRewound: never,
    queued: () => [],
    makeReadOnly: () => undefined,
    close: lock.release,
  };
}
