/** What the parts of one transfer share: its limits, what was done so far, and what went wrong on the way. */
import type { TransferFault } from "../../commands/context.ts";
import { createSlots, type Slots } from "./slots.ts";

/** Bytes asked for at once; OpenSSH's server gives up to 255 KiB. */
export const pieceBytes = 128 * 1024;
/** Pieces under way, over all files: what a transfer holds in memory, whatever it copies. */
export const piecesMax = 24;
/** Files that are copied side by side, so that a small one costs no round trip of its own. */
const filesMax = 24;

export interface Tally {
  files: number;
  folders: number;
  links: number;
  bytes: number;
  /** What was passed over. */
  faults: number;
}

export interface Job {
  /** Aborts when the user wants no more, or a guest is lost. */
  readonly signal: AbortSignal;
  readonly pieces: Slots;
  readonly files: Slots;
  readonly tally: Tally;
  /** Names that nobody could take away again, as people read them. */
  readonly left: string[];
  /** A name that nothing has yet. */
  temporaryName(): string;
  /** Called as bytes arrive. */
  readonly onBytes: () => void;
  passOver(fault: TransferFault): void;
}

export interface JobOptions {
  readonly signal: AbortSignal;
  /** Of this transfer alone; a part of its temporary names. */
  readonly id: string;
  readonly onBytes: (done: number) => void;
  readonly onFault: (fault: TransferFault) => void;
}

export function createJob({ signal, id, onBytes, onFault }: JobOptions): Job {
  let names = 0;
  const tally: Tally = { files: 0, folders: 0, links: 0, bytes: 0, faults: 0 };
  return {
    signal,
    pieces: createSlots(piecesMax),
    files: createSlots(filesMax),
    tally,
    left: [],
    temporaryName: () => `.strata-${id}-${names++}.partial`,
    onBytes: () => onBytes(tally.bytes),
    passOver: (fault) => {
      tally.faults += 1;
      onFault(fault);
    },
  };
}
