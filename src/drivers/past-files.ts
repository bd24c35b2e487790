/** What a driver that reads files of frozen disks, without a machine, offers. */

/** A file of a frozen disk. Names that are no UTF-8 are shown with U+FFFD. */
export interface PastEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink" | "other";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Of a symbolic link. */
  readonly target?: string;
}

export interface PastListing {
  readonly entries: readonly PastEntry[];
  /** There are more than are listed. */
  readonly isCut: boolean;
}

export interface PastContent {
  readonly entry: PastEntry;
  readonly kind: "file" | "directory";
  /** The file's bytes, or a tar archive of what is in the folder. Read it to its end, return from it, or abort the signal: until then programs run. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type FileChange =
  | {
      readonly change: "added" | "removed" | "modified";
      readonly kind: PastEntry["kind"];
      /** Absolute. */
      readonly path: string;
    }
  /** The last one: there are more names than are looked at. */
  | { readonly change: "cut"; readonly walked: number };

/**
 * Files of frozen layers, read without a machine. All throw `layer-missing`, `layer-damaged`, `file-system-unsupported`,
 * `files-damaged`, `files-unavailable` (this host has not the programs), `disk-unreadable` or `no-space`; an aborted signal
 * rejects with its reason.
 */
export interface FileSupport {
  /** What is in a folder, by name; of a file itself. Throws `path-not-found`. */
  list(layer: string, path: string, signal: AbortSignal): Promise<PastListing>;
  /** A file, or a folder with all that is in it. Symbolic links on the way are followed. Throws `path-not-found`, `path-not-readable`. */
  read(layer: string, path: string, signal: AbortSignal): Promise<PastContent>;
  /** What is different in `after`, in the order of paths. */
  changes(before: string, after: string, signal: AbortSignal): AsyncIterable<FileChange>;
}
