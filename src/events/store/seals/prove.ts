/** Makes proofs (RFC 6962) from the files of a log: that it holds a record, and that it still begins with what it was. */
import { UserError, exitCodes } from "../../../errors.ts";
import { consistencyRanges, inclusionRanges } from "../../../model/merkle-proof.ts";
import type { LeafRange } from "../../../model/merkle-proof.ts";
import type { Proof } from "../../../model/audit.ts";
import type { Files } from "../../../sys/files.ts";
import { type Archived, archivedBefore, readBase, readLeaves } from "../archive/base.ts";
import { catLog } from "../cat.ts";
import { readOpening } from "../joints.ts";
import { emptyTree, treeFrom } from "../merkle.ts";
import type { Tree } from "../merkle.ts";
import { newestSeal, readPublicKey } from "./sealer.ts";
import { listSegments } from "../segment.ts";
import { archivedError } from "../verdict.ts";

export interface ProveOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
}

/** Proves that the newest seal is of a log with this record. Reads every record once.
 *  Throws `position-not-sealed` when no seal reaches that far. */
export async function proveRecord(options: ProveOptions, position: number): Promise<Proof> {
  const { files, directory } = options;
  const seal = await newestSeal(files, directory);
  const key = await readPublicKey(files, directory);
  const archived = await archivedOf(options);
  if (archived && position >= 1 && position <= archived.upTo) throw archivedError(archived, directory);
  if (seal === undefined || key === undefined || position < 1 || position > seal.size)
    throw notSealed(position, seal?.size);
  const lines = catLog({ directory, files, after: position - 1, upTo: position });
  const line = Buffer.concat(await Array.fromAsync(lines))
    .toString()
    .trimEnd();
  const path = await rangeRoots(options, inclusionRanges(position - 1, { from: 0, to: seal.size }));
  return { schema: 1, position, line, path, seal: seal.note, key };
}

function notSealed(position: number, sealed: number | undefined): UserError {
  const what = sealed === undefined ? "there is no seal yet" : `the newest seal is of the events 1 to ${sealed}`;
  return new UserError("position-not-sealed", `event ${position} cannot be proved: ${what}`, {
    exit: exitCodes.failed,
    hints: [["next", "strata audit seal"]],
  });
}

/** Proves that the log of `size` records begins with its first `old` ones. Reads only what came after, and their segment.
 *  Both must be durable, and `old` not larger. */
export async function proveConsistency(options: ProveOptions, old: number, size: number): Promise<string[]> {
  const ranges = consistencyRanges(old, size);
  const newer = ranges.filter(({ from }) => from >= old);
  const roots = new Map<LeafRange, string>();
  const found = await rangeRoots(options, newer);
  newer.forEach((range, at) => roots.set(range, found[at] ?? ""));
  const { peaks } = (await treeAt(options, old)).head();
  // What lies before the old end are whole subtrees of the old tree: its peaks, the rightmost one first.
  const older = ranges.filter(({ to }) => to <= old);
  const own = [...peaks].reverse().slice(peaks.length - older.length);
  older.forEach((range, at) => roots.set(range, own[at] ?? ""));
  return ranges.map((range) => roots.get(range) ?? "");
}

/** The part of the log that is not here. */
async function archivedOf({ directory, files }: ProveOptions): Promise<Archived | undefined> {
  const [oldest] = await listSegments(files, directory);
  return archivedBefore(await readBase(files, directory), oldest?.first ?? 1);
}

/** The Merkle tree of the first `size` records, from the nearest segment whose opening says it. */
async function treeAt(options: ProveOptions, size: number): Promise<Tree> {
  const { directory, files } = options;
  const segment = (await listSegments(files, directory)).findLast(({ first }) => first <= size);
  const opening = segment === undefined ? undefined : await readOpening(files, segment);
  const tree = (opening?.data === undefined ? undefined : treeFrom(opening.data.tree)) ?? emptyTree();
  await grow(options, tree, { from: tree.size(), to: size });
  return tree;
}

/** The roots of ranges of leaves, in their order; reads from the first to the last of them once. */
async function rangeRoots(options: ProveOptions, ranges: readonly LeafRange[]): Promise<string[]> {
  const roots = new Map<LeafRange, string>();
  for (const range of ranges.toSorted((a, b) => a.from - b.from)) {
    const tree = emptyTree();
    await grow(options, tree, range);
    roots.set(range, tree.head().root);
  }
  return ranges.map((range) => roots.get(range) ?? "");
}

/** Adds leaves: of records that are here from their lines, of those that were archived as they were kept. */
async function grow(options: ProveOptions, tree: Tree, { from, to }: LeafRange): Promise<void> {
  const { directory, files } = options;
  const archived = await archivedOf(options);
  const kept = Math.min(to, archived?.upTo ?? 0);
  const leaves = from < kept ? await readLeaves(files, directory, from, kept) : [];
  if (archived && leaves === undefined) throw archivedError(archived, directory);
  for (const leaf of leaves ?? []) tree.appendLeaf(leaf);
  for await (const piece of catLog({ directory, files, after: Math.max(from, kept), upTo: to }))
    appendLines(tree, piece);
}

/** Whole lines, each with its newline. */
function appendLines(tree: Tree, bytes: Uint8Array): void {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    tree.append(bytes, start, end);
    start = end + 1;
  }
}
