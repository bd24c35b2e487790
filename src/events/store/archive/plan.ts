/** What an archive would move: sealed segments from the oldest on, and all that has to be known of them afterwards. */
import { assert } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import { visitLines } from "../chunks.ts";
import { readOpening, withFile } from "../joints.ts";
import { parseLine, positionOf } from "../line.ts";
import { leafOf } from "../merkle.ts";
import { listSegments, type Segment } from "../segment.ts";
import { type Base, readLeaves } from "./base.ts";
import { archivedData, type ArchivedData } from "./event.ts";

/** Which: all that ended before a time (ISO 8601), or all but the newest. The one that is written to always stays. */
export type Choice = { readonly before: string } | { readonly keep: number };

export interface Moved {
  readonly segments: readonly Segment[];
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  /** Of the record `to`, and the Merkle root of all up to it: as the next segment begins. */
  readonly hash: string;
  readonly root: string;
}

/** Undefined when there is nothing to move. The log must be whole. */
export async function chooseSegments(files: Files, directory: string, choice: Choice): Promise<Moved | undefined> {
  const all = await listSegments(files, directory);
  let count = 0;
  for (const [at, next] of all.slice(1).entries()) {
    const isOld = "keep" in choice ? at < all.length - choice.keep : await startedBefore(files, next, choice.before);
    if (!isOld) break;
    count = at + 1;
  }
  const [segments, next] = [all.slice(0, count), all[count]];
  const opening = next && (await readOpening(files, next));
  if (segments[0] === undefined || opening?.data === undefined) return undefined;
  const sizes = await Promise.all(segments.map(async ({ path }) => (await files.stat(path))?.bytes ?? 0));
  return {
    segments,
    from: segments[0].first,
    to: opening.position - 1,
    bytes: sizes.reduce((sum, each) => sum + each, 0),
    hash: opening.previous,
    root: opening.data.tree.root,
  };
}

/** Where the next one began before then, all of this one was before. */
async function startedBefore(files: Files, next: Segment, time: string): Promise<boolean> {
  const opening = await readOpening(files, next);
  return opening !== undefined && opening.time <= time;
}

/** What is known of the records up to `to` once they are not here. */
export interface Remembered extends Pick<ArchivedData, "keys" | "anchor"> {
  readonly revisions: Record<string, number>;
  /** Merkle leaves of all of them, those that were archived before too. */
  readonly leaves: Buffer;
}

export async function remember(
  files: Files,
  directory: string,
  base: Base | undefined,
  { from, to }: Pick<Moved, "from" | "to">,
): Promise<Remembered> {
  const revisions = new Map(Object.entries(from > 1 ? (base?.revisions ?? {}) : {}));
  const keys = new Map<number, string>();
  const leaves: Uint8Array[] = [...((await readLeaves(files, directory, 0, from - 1)) ?? [])];
  assert(leaves.length === from - 1, "the leaves of what was archived before are there");
  let anchor = { position: 0, value: "none" };
  const anchored = (position: number, value: string) => {
    if (position >= anchor.position) anchor = { position, value };
  };
  const visit = (bytes: Buffer, start: number, end: number): boolean => {
    const isMoved = positionOf(bytes, start) <= to;
    if (isMoved) leaves.push(leafOf(bytes.subarray(start, end)));
    const record = parseLine(bytes, start, end);
    const { position, stream, revision, type, data } = record;
    if (isMoved) revisions.set(stream, revision);
    if (isMoved && type === "log.keyed") keys.set(position, String(data["key"]));
    if (isMoved && type === "settings.changed" && data["key"] === "audit.anchor")
      anchored(position, String(data["value"]));
    // What was archived before told of its own, in an event that may still be here.
    const earlier = archivedData(record);
    if (earlier === undefined || earlier.to > to) return true;
    for (const { position: at, key } of earlier.keys) keys.set(at, key);
    anchored(earlier.to, earlier.anchor);
    return true;
  };
  for (const { path } of await listSegments(files, directory))
    await withFile(files, path, async (file) => visitLines(file, 0, await file.size(), visit));
  return {
    revisions: Object.fromEntries(revisions),
    leaves: Buffer.concat(leaves),
    anchor: anchor.value,
    keys: [...keys].sort(([a], [b]) => a - b).map(([position, key]) => ({ position, key })),
  };
}
