/** A tree of files as a transfer sees it, here or in a guest: the same few questions for both, so that one engine copies any way. */

export type Kind = "file" | "folder" | "link" | "other";

export interface Attributes {
  /** Rights alone, and of folders whose their files are: what makes a program run as its owner stays where it is. */
  readonly mode: number;
  /** Whole seconds since 1970, as SFTP has them. */
  readonly seconds: number;
}

export interface Node extends Attributes {
  readonly kind: Kind;
  readonly bytes: number;
}

export interface Entry extends Node {
  readonly name: string;
}

export interface Source {
  /** Up to `length` bytes; none at the end. What it answers belongs to the caller. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface Sink {
  /** Writes come in order, one at a time. */
  readonly isOrdered: boolean;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  setAttributes(attributes: Attributes): Promise<void>;
  close(): Promise<void>;
}

/** All reject with the system's own words, or for good once the guest is lost. */
export interface Side {
  /** For people: `web:/etc/hosts`. */
  show(path: string): string;
  /** Absolute, without links; of something that is there. */
  resolve(path: string): Promise<string>;
  /** Undefined: nothing is there. `follow`: of what a link leads to. */
  status(path: string, follow: boolean): Promise<Node | undefined>;
  /** What is in a folder, a few at a time. */
  entries(path: string): AsyncIterable<readonly Entry[]>;
  readLink(path: string): Promise<string>;
  open(path: string): Promise<Source>;
  /** A new file; rejects where there is anything by that name. */
  create(path: string): Promise<Sink>;
  makeFolder(path: string, mode: number): Promise<void>;
  makeLink(text: string, path: string): Promise<void>;
  /** Of a folder. */
  setAttributes(path: string, attributes: Attributes): Promise<void>;
  /** Replaces a file or a link. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const join = (folder: string, name: string): string =>
  name === "" ? folder : `${folder.replace(/\/+$/, "")}/${name}`;

/** `/a/b` of `/a/b/c`, `.` of `c`. */
export function folderOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const at = trimmed.lastIndexOf("/");
  return at < 0 ? "." : trimmed.slice(0, at) || "/";
}

export const nameOf = (path: string): string => path.split("/").findLast((part) => part !== "") ?? "";
