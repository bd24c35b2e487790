/** Work beside the log that may fail without harm: the head when the log goes idle, sealing, the segment made ahead. */
import type { Clock } from "../../sys/clock.ts";
import type { Files, OpenFile } from "../../sys/files.ts";
import { writeHead } from "./head.ts";
import type { Head } from "./head.ts";
import type { TreeHead } from "./merkle.ts";
import type { Seal } from "../../model/seal.ts";
import type { Reserve } from "./reserve.ts";
import type { Sealer } from "./seals/sealer.ts";
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
  /** Writes the head and its seal now. Undefined without a sealer; rejects with what the disk throws. */
  sealNow(): Promise<Seal | undefined>;
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
  durableTree(): TreeHead;
  /** Undefined: heads are not signed. */
  readonly sealer: Sealer | undefined;
  /** A seal is on stable storage. */
  onSealed(seal: Seal): void;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { files, clock, directory, shelf, reserve } = options;
  let work: Promise<void> = Promise.resolve();
  let written = options.headPosition;
  let cancelTimer: (() => void) | undefined;

  /** One thing after the other. A failure is no news: the log itself stands, and the next time tries again. */
  const then = (job: () => Promise<unknown>) => {
    work = work.then(job).then(ignored, ignored);
  };
  const ignored = () => undefined;
  const head = async () => {
    const newest = options.durable();
    const tree = options.durableTree();
    // Asked in the same turn: the key may be recorded while the head is written, and does not vouch for what was before it.
    const sealer = options.sealer?.isRecorded() === true ? options.sealer : undefined;
    if (newest.position !== written) await writeHead(files, directory, newest);
    written = newest.position;
    return sealer && sealBy(sealer, tree);
  };
  const sealBy = async (sealer: Sealer, tree: TreeHead): Promise<Seal> => {
    const before = sealer.newest();
    const seal = await sealer.seal(tree);
    if (seal !== before) options.onSealed(seal);
    return seal;
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
    sealNow: () => {
      const sealed = work.then(head);
      then(() => sealed);
      return sealed;
    },
    finish: async () => {
      cancelTimer?.();
      then(head);
      await work;
    },
  };
}
