/** Work beside the log that may fail without harm: the head when the log goes idle, sealing, the segment made ahead. */
import type { Clock } from "../../sys/clock.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import { writeHead } from "./head.ts";
import type { Head } from "./head.ts";
import type { Reserve } from "./reserve.ts";
import { sealedMode } from "./segment.ts";
import type { ActiveSegment, Shelf } from "./shelf.ts";

/** The head follows the newest record within this time: below the second that the design promises. */
const headDelayMs = 500;

export interface Upkeep {
  /** There are new durable records: the head is written soon. */
  headLater(): void;
  /** Releases what was reserved behind a complete segment, writes its index and makes it read-only. */
  seal(segment: ActiveSegment, file: OpenFile | undefined): void;
  prepareNext(): void;
  /** Writes the head and waits for all other work. */
  finish(): Promise<void>;
}

export interface UpkeepOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly directory: string;
  readonly shelf: Shelf;
  readonly reserve: Reserve;
  durable(): Head;
  /** Position of the head on disk; 0 when there is none. */
  readonly headPosition: number;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { files, clock, directory, shelf, reserve } = options;
  let work: Promise<void> = Promise.resolve();
  let written = options.headPosition;
  let cancelTimer: (() => void) | undefined;

  /** One thing after the other. A failure is no news: the log itself stands, and the next time tries again. */
  const then = (job: () => Promise<void>) => {
    work = work.then(job).catch(() => undefined);
  };
  const head = async () => {
    const newest = options.durable();
    if (newest.position === written) return;
    await writeHead(files, directory, newest);
    written = newest.position;
  };
  return {
    headLater: () => {
      cancelTimer ??= clock.after(headDelayMs, () => {
        cancelTimer = undefined;
        then(head);
      });
    },
    seal: (segment, file) => {
      then(async () => {
        await file?.truncate(segment.bytes);
        await file?.close();
      });
      then(shelf.closeIndex);
      then(() => files.changeMode(segment.segment.path, sealedMode));
      then(head);
    },
    prepareNext: () => then(reserve.prepareNext),
    finish: async () => {
      cancelTimer?.();
      then(head);
      await work;
    },
  };
}
