/** What a log whose beginning was archived stands on: where that is, its last hash, its Merkle leaves, and the revisions of its streams. */
import { z } from "zod";
import type { Archive } from "../../../model/audit.ts";
import type { Files } from "../../../sys/files.ts";
import { sha256Bytes, sha256Hex } from "../../../sys/hash.ts";
import { withFile } from "../joints.ts";
import { emptyTree, type Tree } from "../merkle.ts";
import { archivedPath, leavesPath } from "../segment.ts";

const Base = z.object({
  format: z.literal(1),
  /** Position and hash of the last archived record. */
  upTo: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** One after the other, from the first record on. */
  archives: z.array(z.object({ from: z.int().min(1), to: z.int().min(1), place: z.string() })).min(1),
  /** Of every stream, at `upTo`. */
  revisions: z.record(z.string(), z.int().min(1)),
});
export type Base = z.infer<typeof Base>;

/** The part of a log that is not here: everything up to a position, and where it was put. */
export interface Archived {
  readonly upTo: number;
  readonly archives: readonly Archive[];
}

/** The folders, each once. */
export const placesOf = ({ archives }: Archived): string[] => [...new Set(archives.map(({ place }) => place))];

/** Undefined when nothing was archived, or when the note of it cannot be read: then its records count as missing. */
export async function readBase(files: Files, directory: string): Promise<Base | undefined> {
  const path = archivedPath(directory);
  if ((await files.stat(path)) === undefined) return undefined;
  const text = Buffer.from(await files.read(path)).toString();
  const [, body = "", digest] = /^(\{.*),"sha256":"([0-9a-f]{64})"\}\n$/s.exec(text) ?? [];
  if (digest !== sha256Hex(Buffer.from(body))) return undefined;
  return Base.safeParse(JSON.parse(`${body}}`)).data;
}

/** With a digest of all that is in front of it. */
export async function writeBase(files: Files, directory: string, base: Omit<Base, "format">): Promise<void> {
  const body = JSON.stringify({ format: 1, ...base }).slice(0, -1);
  const bytes = Buffer.from(`${body},"sha256":"${sha256Hex(Buffer.from(body))}"}\n`);
  await files.writeAtomically(archivedPath(directory), bytes, 0o600);
}

/** What of it is not here, where the oldest segment that is begins with the record `first`. */
export function archivedBefore(base: Base | undefined, first: number): Archived | undefined {
  if (base === undefined || first <= 1 || first > base.upTo + 1) return undefined;
  return { upTo: first - 1, archives: base.archives.filter(({ from }) => from < first) };
}

/** Leaves `[from, to)`, counted from 0; undefined when not all of them are there. */
export async function readLeaves(
  files: Files,
  directory: string,
  from: number,
  to: number,
): Promise<Uint8Array[] | undefined> {
  const path = leavesPath(directory);
  if ((await files.stat(path)) === undefined) return undefined;
  const wanted = (to - from) * sha256Bytes;
  const bytes = await withFile(files, path, (file) => file.read(from * sha256Bytes, wanted));
  if (bytes.length < wanted) return undefined;
  return Array.from({ length: to - from }, (_, at) => bytes.subarray(at * sha256Bytes, (at + 1) * sha256Bytes));
}

/** The Merkle tree of the first `size` records from their leaves; `onGrown` sees each step. */
export async function treeOfLeaves(
  files: Files,
  directory: string,
  size: number,
  onGrown: (tree: Tree) => void = () => {},
): Promise<Tree | undefined> {
  const leaves = await readLeaves(files, directory, 0, size);
  if (leaves === undefined) return undefined;
  const tree = emptyTree();
  for (const leaf of leaves) {
    tree.appendLeaf(leaf);
    onGrown(tree);
  }
  return tree;
}
