/** The segments of a log with those of its archives that can be reached. */
import type { Files } from "../../../sys/files.ts";
import { listSegments, type Segment, segmentName, segmentsIn } from "../segment.ts";
import { readBase } from "./base.ts";

export interface LogPlaces {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  /** Folders with segments that were moved aside. */
  readonly archives?: readonly string[];
}

/** Lists them in order, as they are now: what is in the log's own folder may grow, what is in an archive does not. */
export async function segmentLister({ directory, files, archives = [] }: LogPlaces): Promise<() => Promise<Segment[]>> {
  const moved = archives.length === 0 ? [] : await movedSegments(files, directory, archives);
  return async () => {
    const own = await listSegments(files, directory);
    const oldest = own[0]?.first ?? Number.MAX_SAFE_INTEGER;
    return [...moved.filter(({ first }) => first < oldest), ...own];
  };
}

/** From the newest archive back, as long as each is there: with one missing, what is older does not join on. */
async function movedSegments(files: Files, directory: string, folders: readonly string[]): Promise<Segment[]> {
  const base = await readBase(files, directory);
  const there = new Map<string, readonly Segment[]>();
  for (const folder of folders)
    if ((await files.stat(folder))?.kind === "directory") there.set(folder, await segmentsIn(files, folder));
  const moved: Segment[] = [];
  for (const { from, to } of base?.archives.toReversed() ?? []) {
    const found = [...there.values()].find((segments) => segments.some(({ first }) => first === from));
    if (found === undefined) break;
    moved.unshift(...found.filter(({ first }) => first >= from && first <= to));
  }
  return moved;
}

/** The folders that a log's archives were put into. */
export async function archivePlaces(files: Files, directory: string): Promise<string[]> {
  const base = await readBase(files, directory);
  return [...new Set(base?.archives.map(({ place }) => place))];
}

/** Of a segment in a folder of segments. */
export const segmentIn = (folder: string, first: number): Segment => ({
  first,
  path: `${folder}/${segmentName(first)}`,
});
