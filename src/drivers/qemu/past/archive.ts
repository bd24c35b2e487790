/** A folder of a past disk as a tar stream (POSIX pax): everything in it but sockets, nothing of it held in memory but its names. */
import { tarEnd, tarPadding } from "../../../sys/tar.ts";
import { paxHeaders, type PaxEntry } from "../../../sys/pax.ts";
import type { DirectoryEntry } from "./debugfs.ts";
import { damaged, type Inode } from "./ext.ts";
import type { Tree } from "./tree.ts";

/** Names that one folder may have. */
export const namesMax = 100_000;
/** Folders within each other. */
export const depthMax = 512;
/** Further names of one file are told as such as long as so many are remembered; then they are files of their own. */
const linkedMax = 100_000;

const typeOf: Readonly<Record<number, PaxEntry["type"]>> = {
  0o10: "file",
  0o4: "directory",
  0o12: "symlink",
  0o2: "character",
  0o6: "block",
  0o1: "fifo",
};

/** Paths are relative to `directory`, which is left out itself. Throws `files-damaged`, within the stream too. */
export async function* archive(tree: Tree, directory: Inode): AsyncGenerator<Uint8Array> {
  const linked = new Map<number, string>();
  const seen = new Set<number>([directory.number]);
  yield* folder(tree, directory.number, "", { linked, seen });
  yield tarEnd;
}

interface Remembered {
  /** Inode -> path, of files with several names. */
  readonly linked: Map<number, string>;
  /** Folders: one that stands in two places would never end. */
  readonly seen: Set<number>;
}

async function* folder(tree: Tree, inode: number, above: string, known: Remembered): AsyncGenerator<Uint8Array> {
  for (const entry of await sortedEntries(tree, inode)) {
    const path = `${above}${entry.name}`;
    const facts = await tree.inode(entry.inode);
    const type = typeOf[facts.mode >> 12];
    if (type === undefined) continue;
    yield* member(tree, facts, path, type, known.linked);
    if (type !== "directory") continue;
    enterOnce(known.seen, facts.number, path);
    yield* folder(tree, facts.number, `${path}/`, known);
  }
}

/** Header and content. */
async function* member(
  tree: Tree,
  facts: Inode,
  path: string,
  type: PaxEntry["type"],
  linked: Map<number, string>,
): AsyncGenerator<Uint8Array> {
  const { mode, uid, gid, modifiedMs, device } = facts;
  const base = { mode: mode & 0o7777, uid, gid, modifiedMs, device };
  const first = type === "directory" ? undefined : linked.get(facts.number);
  if (first !== undefined) return yield paxHeaders({ ...base, path, type: "link", bytes: 0, target: first });
  if (facts.links > 1 && type !== "directory" && linked.size < linkedMax) linked.set(facts.number, path);
  if (type === "symlink") return yield paxHeaders({ ...base, path, type, bytes: 0, target: await tree.target(facts) });
  if (type !== "file")
    return yield paxHeaders({ ...base, path: type === "directory" ? `${path}/` : path, type, bytes: 0 });
  yield paxHeaders({ ...base, path, type, bytes: facts.bytes });
  yield* tree.content(facts);
  yield tarPadding(facts.bytes);
}

/** By the bytes of their names, so that equal trees give equal streams. Beyond `namesMax` it throws what `tooMany` gives. */
export async function sortedEntries(
  tree: Pick<Tree, "entries">,
  directory: number,
  tooMany: () => Error = () => damaged(`a folder has more than ${namesMax} names`),
): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  for await (const entry of tree.entries(directory)) if (entries.push(entry) > namesMax) throw tooMany();
  return entries.toSorted((a, b) => compare(a.name, b.name));
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Throws `files-damaged` for a folder that was met before, or lies too deep. */
export function enterOnce(seen: Set<number>, inode: number, path: string): void {
  if (seen.has(inode) || path.split("/").length > depthMax) throw damaged("a folder stands within itself");
  seen.add(inode);
}
