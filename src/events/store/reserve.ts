/** Keeps a way out of a full disk: blocks reserved past the end of the active segment, and the next segment made ahead. */
import type { Files, OpenFile } from "../../sys/files.ts";
import type { Ids } from "../../sys/ids.ts";
import { logDirectory, nextPath } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** Reserved past the end: enough to record stops, deletions and purges until there is space again. */
export const reservedBytes = 1 << 20;
/** Reserved again when less than this is left. */
const reservedBytesMin = reservedBytes / 2;
/** As much as the system gives at once. */
const randomBytesMax = 64 << 10;

export interface Reserve {
  /** Reserves past the end of the active segment, unless enough is left. */
  ensure(file: OpenFile, end: number): Promise<void>;
  /** Makes the next segment ahead, with its own blocks. */
  prepareNext(): Promise<void>;
  /** Turns the segment made ahead into this one, durably, and opens it. */
  takeNext(segment: Segment): Promise<OpenFile>;
  /** Frees the ballast, where there is one: called when a write failed. */
  spend(): Promise<void>;
  /** Gives back what was made ahead. What is reserved stays: the disk may be full when the next daemon starts. */
  release(): Promise<void>;
}

export function createReserve(files: Files, ids: Ids, directory: string): Reserve {
  const ballastPath = `${logDirectory(directory)}/ballast`;
  const next = nextPath(directory);
  let reservedFor: OpenFile | undefined;
  let reservedEnd = 0;
  let isBallast = false;

  const remove = async (path: string) => {
    if ((await files.stat(path)) !== undefined) await files.remove(path);
  };
  /** Random bytes, so that a compressing file system stores all of them. */
  const keepBallast = async () => {
    isBallast ||= (await files.stat(ballastPath))?.bytes === reservedBytes;
    if (isBallast) return;
    const parts = Array.from({ length: reservedBytes / randomBytesMax }, () => ids.bytes(randomBytesMax));
    await files.writeAtomically(ballastPath, Buffer.concat(parts), 0o600);
    isBallast = true;
  };
  const ensure = async (file: OpenFile, end: number) => {
    if (file === reservedFor && reservedEnd - end >= reservedBytesMin) return;
    [reservedFor, reservedEnd] = [file, end + reservedBytes];
    if (!(await file.reserve(end, reservedBytes))) await keepBallast();
  };
  return {
    ensure,
    prepareNext: async () => {
      const file = await files.open(next, "ensure");
      try {
        await file.truncate(0);
        await file.reserve(0, reservedBytes);
      } finally {
        await file.close();
      }
    },
    takeNext: async (segment) => {
      if ((await files.stat(next)) === undefined) await files.open(segment.path, "create").then((file) => file.close());
      else await files.rename(next, segment.path);
      await files.syncDirectory(logDirectory(directory));
      return files.open(segment.path, "write");
    },
    spend: async () => {
      isBallast = false;
      await remove(ballastPath);
    },
    release: () => remove(next),
  };
}
