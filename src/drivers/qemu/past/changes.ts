/** What became of the files of a disk between two of its frozen layers: both trees are walked side by side. */
import type { FileChange } from "../../past-files.ts";
import { compare, enterOnce, sortedEntries } from "./archive.ts";
import type { DirectoryEntry } from "./debugfs.ts";
import { kindOf, rootInode, type Inode } from "./ext.ts";
import { toText, type Tree } from "./tree.ts";

/** Names that are looked at on each side; a large distribution has some 300,000. */
export const walkedMax = 1_000_000;

interface Side {
  readonly tree: Tree;
  readonly seen: Set<number>;
}

interface Walk {
  readonly before: Side;
  readonly after: Side;
  /** One file system at two times: its inodes can be told apart by number and time of change. */
  readonly isSame: boolean;
  walked: number;
}

/** A name that stands on one side or on both. */
interface Pair {
  readonly name: string;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

class TooMany extends Error {}

/**
 * In the order of paths. A file counts as modified when its inode says so (its content, owner, permissions, or that it is another
 * file); a folder only for its own owner and permissions. The last item is `cut` when there are more names than are looked at.
 * Throws `files-damaged`.
 */
export async function* changesBetween(before: Tree, after: Tree, isSame: boolean): AsyncGenerator<FileChange> {
  const side = (tree: Tree): Side => ({ tree, seen: new Set([rootInode]) });
  const walk: Walk = { before: side(before), after: side(after), isSame, walked: 0 };
  try {
    yield* inFolder(walk, rootInode, rootInode, "");
  } catch (error) {
    if (!(error instanceof TooMany)) throw error;
    yield { change: "cut", walked: walk.walked };
  }
}

async function* inFolder(
  walk: Walk,
  before: number | undefined,
  after: number | undefined,
  above: string,
): AsyncGenerator<FileChange> {
  for (const pair of await pairsOf(walk, before, after)) {
    const path = `${above}/${pair.name}`;
    const [was, is] = await Promise.all([factsOf(walk.before, pair.before), factsOf(walk.after, pair.after)]);
    const change = judge(was, is, walk.isSame);
    const kind = kindOf((is ?? was)?.mode ?? 0);
    if (change !== undefined) yield { change, kind, path: toText(path) };
    const [from, to] = [enter(walk.before, was, path), enter(walk.after, is, path)];
    if (from !== undefined || to !== undefined) yield* inFolder(walk, from, to, path);
  }
}

/** The names of a folder on either side, side by side. */
async function pairsOf(walk: Walk, before: number | undefined, after: number | undefined): Promise<Pair[]> {
  const names = async ({ tree }: Side, folder: number | undefined): Promise<DirectoryEntry[]> =>
    folder === undefined ? [] : sortedEntries(tree, folder, () => new TooMany());
  if (before !== undefined && before === after && (await isUntouched(walk, before))) {
    const both = await names(walk.after, after);
    count(walk, both.length);
    return both.map(({ name, inode }) => ({ name, before: inode, after: inode }));
  }
  const [was, is] = await Promise.all([names(walk.before, before), names(walk.after, after)]);
  count(walk, Math.max(was.length, is.length));
  return merged(was, is);
}

/** A folder whose inode did not change holds the same names. */
async function isUntouched({ before, after, isSame }: Walk, inode: number): Promise<boolean> {
  return isSame && (await before.tree.inode(inode)).stamp === (await after.tree.inode(inode)).stamp;
}

function merged(was: readonly DirectoryEntry[], is: readonly DirectoryEntry[]): Pair[] {
  const pairs: Pair[] = [];
  for (let [a, b] = [0, 0]; a < was.length || b < is.length;) {
    const [before, after] = [was[a], is[b]];
    const order = before === undefined ? 1 : after === undefined ? -1 : compare(before.name, after.name);
    const name = (order <= 0 ? before : after)?.name ?? "";
    pairs.push({ name, before: order <= 0 ? before?.inode : undefined, after: order >= 0 ? after?.inode : undefined });
    if (order <= 0) a++;
    if (order >= 0) b++;
  }
  return pairs;
}

function count(walk: Walk, names: number): void {
  walk.walked += names;
  if (walk.walked > walkedMax) throw new TooMany();
}

const factsOf = async ({ tree }: Side, inode: number | undefined): Promise<Inode | undefined> =>
  inode === undefined ? undefined : tree.inode(inode);

/** The folder to go into, if it is one. */
function enter(side: Side, facts: Inode | undefined, path: string): number | undefined {
  if (facts === undefined || kindOf(facts.mode) !== "directory") return undefined;
  enterOnce(side.seen, facts.number, path);
  return facts.number;
}

function judge(
  was: Inode | undefined,
  is: Inode | undefined,
  isSame: boolean,
): "added" | "removed" | "modified" | undefined {
  if (is === undefined) return "removed";
  if (was === undefined) return "added";
  const isFolder = kindOf(is.mode) === "directory";
  const rights = ({ mode, uid, gid }: Inode) => `${mode} ${uid} ${gid}`;
  const content = ({ stamp, bytes, modifiedMs }: Inode) => (isFolder ? "" : isSame ? stamp : `${bytes} ${modifiedMs}`);
  return rights(was) === rights(is) && content(was) === content(is) ? undefined : "modified";
}
