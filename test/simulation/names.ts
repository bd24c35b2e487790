/** The names on a simulated disk: what programs see, what is durable, and the changes between. */
import { dirname } from "node:path";
import type { Inode } from "./inode.ts";
import type { Random } from "./random.ts";

export interface Directory {
  readonly kind: "directory";
  mode: number;
  uid: number;
  gid: number;
}
export type Node = Inode | Directory;
/** Names that change together; not durable until one of the directories is synced. */
interface NameChange {
  readonly directories: readonly string[];
  readonly entries: readonly (readonly [path: string, node: Node | undefined])[];
}

export function createNames() {
  const root: Directory = { kind: "directory", mode: 0o700, uid: 0, gid: 0 };
  const seen = new Map<string, Node>([["/", root]]);
  const stable = new Map<string, Node>([["/", root]]);
  let unsynced: NameChange[] = [];
  const apply = (to: Map<string, Node>, change: NameChange) => {
    for (const [path, node] of change.entries) {
      if (node === undefined) to.delete(path);
      else if (to.has(dirname(path))) to.set(path, node);
    }
  };
  return {
    seen,
    /** What is left if power is lost now and nothing unsynced is kept. */
    stable: stable as ReadonlyMap<string, Node>,
    change: (entries: NameChange["entries"]) => {
      const change = { directories: [...new Set(entries.map(([path]) => dirname(path)))], entries };
      apply(seen, change);
      unsynced.push(change);
    },
    sync: (directory: string) => {
      const isTouched = (change: NameChange) => change.directories.includes(directory);
      for (const change of unsynced.filter(isTouched)) apply(stable, change);
      unsynced = unsynced.filter((change) => !isTouched(change));
    },
    /** Each directory keeps its changes up to some point; a change of two directories needs both. */
    crash: (random: Random) => {
      const cut = new Set<string>();
      for (const change of unsynced) {
        const isLost = random.chance(0.3) || change.directories.some((directory) => cut.has(directory));
        if (isLost) for (const directory of change.directories) cut.add(directory);
        else apply(stable, change);
      }
      unsynced = [];
      seen.clear();
      for (const [path, node] of stable) seen.set(path, node);
    },
  };
}

export type Names = ReturnType<typeof createNames>;
