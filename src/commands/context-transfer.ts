/** What `transfer` asks of the place where commands run. */

/** Where a transfer begins or ends. A guest's path is relative to the home of its user; `stream`: standard input or output. */
export type TransferPlace =
  | { readonly at: "here"; readonly path: string }
  | { readonly at: "guest"; readonly instance: string; readonly path: string }
  | { readonly at: "stream" };

/** What is copied where, already found to make sense: all sources are in one place. */
export interface TransferPlan {
  readonly sources: readonly TransferPlace[];
  readonly target: TransferPlace;
  readonly recursive: boolean;
  /** Folders above the target that are missing are made. */
  readonly parents: boolean;
  /** A source that cannot be copied is passed over, as what is in a folder is; without it, that ends all before anything is written. */
  readonly isLenient?: boolean;
}

/** What is passed over, and why. */
export interface TransferFault {
  readonly path: string;
  readonly why: string;
  /** That of the error, where it has one of ours. */
  readonly code?: string;
}

export interface TransferWatch {
  /** Aborts when nothing more is wanted: what was begun is taken away. */
  readonly signal: AbortSignal;
  /** Aborts when not even that is waited for. */
  readonly released: AbortSignal;
  onTotal(bytes: number): void;
  onBytes(done: number): void;
  onFault(fault: TransferFault): void;
}

export interface Transferred {
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
  /** What was passed over. */
  readonly faults: number;
  /** `web:/home/ubuntu/notes`, a path here, or `-`. */
  readonly target: string;
}

/** Files of guests that run, copied by the client, with the caller's own rights here. */
export interface FileTransfers {
  /** Throws what the daemon and both sides say, and `cancelled`, with what is whole by then. */
  run(plan: TransferPlan, watch: TransferWatch): Promise<Transferred>;
}
