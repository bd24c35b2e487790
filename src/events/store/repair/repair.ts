/** Moves away what a crash left behind the last whole batch: copied to quarantine first, cut afterwards, never acknowledged bytes. */
import { sha256Hex } from "../../../sys/hash.ts";
import type { Files, OpenFile } from "../../../sys/files.ts";
import type { Ids } from "../../../sys/ids.ts";
import { daemonActor } from "../../envelope.ts";
import type { Inspection, LastSegment } from "../inspect.ts";
import type { Leftover } from "../joints.ts";
import { logDirectory, quarantineDirectory, sealedMode, segmentName } from "../segment.ts";
import type { Segment } from "../segment.ts";
import { oweRepairs } from "./owed.ts";

/** What was cut and where its copy is: the data of a `log.repaired` event. */
export interface Repair {
  readonly segment: string;
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Relative to the data directory. */
  readonly copy: string;
}

/** Does all repairs an inspection asks for, and owes the log their event. Doing them again after a crash is harmless. */
export async function repairLog(
  files: Files,
  directory: string,
  { failed, leftovers, end }: Inspection,
  ids: Pick<Ids, "next">,
): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const bytes = failed === undefined ? 0 : ((await files.stat(failed.path))?.bytes ?? 0);
  if (failed !== undefined && bytes > 0)
    repairs.push(await copyAway(files, directory, { segment: failed, offset: 0, bytes }));
  for (const leftover of leftovers) repairs.push(await copyAway(files, directory, leftover));
  if (repairs.length > 0)
    await oweRepairs(files, directory, { command: ids.next(), by: daemonActor, after: end.position, repairs });
  if (failed !== undefined) await setAside(files, directory, failed);
  for (const leftover of leftovers) await cut(files, leftover);
  return repairs;
}

/** Renames a segment that holds no durable record, so that its successor can have its name. */
export async function setAside(files: Files, directory: string, segment: Segment): Promise<void> {
  let path = `${segment.path}.failed`;
  for (let count = 2; (await files.stat(path)) !== undefined; count++) path = `${segment.path}.${count}.failed`;
  await files.rename(segment.path, path);
  await files.syncDirectory(logDirectory(directory));
}

async function copyAway(files: Files, directory: string, { segment, offset, bytes }: Leftover): Promise<Repair> {
  const file = await files.open(segment.path, "read");
  const lost = await file.read(offset, bytes).finally(() => file.close());
  const sha256 = sha256Hex(lost);
  const copy = `${quarantineDirectory}/${segmentName(segment.first)}.${offset}.${sha256.slice(0, 12)}`;
  await files.makeDirectory(`${directory}/${quarantineDirectory}`, 0o700);
  await files.writeAtomically(`${directory}/${copy}`, lost, 0o400);
  return { segment: segmentName(segment.first), offset, bytes, sha256, copy };
}

async function cut(files: Files, { segment, offset }: Leftover): Promise<void> {
  await files.changeMode(segment.path, 0o600);
  const file = await files.open(segment.path, "write");
  try {
    await file.truncate(offset);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Opens the last segment for writing. What nothing proves durable is written and synced again: the process before may have
 *  seen a sync fail on it, after which the page cache shows bytes that are not on disk. */
export async function confirmEnd(files: Files, directory: string, last: LastSegment): Promise<OpenFile> {
  await files.changeMode(last.segment.path, 0o600);
  const file = await files.open(last.segment.path, "write");
  if (last.unprovedFrom < last.bytes) {
    await file.write(await file.read(last.unprovedFrom, last.bytes - last.unprovedFrom), last.unprovedFrom);
    await file.sync();
  }
  await files.syncDirectory(logDirectory(directory));
  return file;
}

/** Finishes what a crash kept from being sealed, which may be several segments: gives reserved blocks back and makes each
 *  read-only. */
export async function finishSeals(files: Files, segments: readonly Segment[]): Promise<void> {
  for (const { path } of segments) {
    const status = await files.stat(path);
    if (status === undefined || status.mode === sealedMode) continue;
    const file = await files.open(path, "write");
    await file.truncate(status.bytes).finally(() => file.close());
    await files.changeMode(path, sealedMode);
  }
}
