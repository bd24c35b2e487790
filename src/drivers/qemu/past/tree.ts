/** The files of an opened past disk: by path, by directory, by content. */
import { UserError } from "../../../errors.ts";
import type { Clock } from "../../../sys/clock.ts";
import { talkToDebugfs, type Debugfs, type DirectoryEntry } from "./debugfs.ts";
import { damaged, kindOf, parseInode, rootInode, type Inode } from "./ext.ts";
import type { Volume } from "./volume.ts";

/** Names and paths in here are bytes, each as one character. */
export interface Tree {
  inode(number: number): Promise<Inode>;
  /** Where a path leads, symbolic links followed as the guest would. Throws `path-not-found`. */
  find(path: string): Promise<Inode>;
  entries(directory: number): AsyncGenerator<DirectoryEntry>;
  content(inode: Inode): AsyncGenerator<Uint8Array>;
  /** Where a symbolic link leads, as it says. */
  target(link: Inode): Promise<string>;
  /** Ends the work on it. Throws `files-damaged` when something could not be read. */
  finish(): Promise<void>;
}

/** Symbolic links on the way to one path; Linux gives up after as many. */
const linksMax = 40;
/** PATH_MAX. */
const targetBytesMax = 4096;
/** Inodes lie side by side in tables, which are read in pieces of this size; a few are kept. */
const pageBytes = 64 * 1024;
const pagesMax = 64;

/** Text as this module's paths are written, and back: what is no UTF-8 becomes U+FFFD. */
export const toBytes = (text: string): string => Buffer.from(text).toString("latin1");
export const toText = (bytes: string): string => Buffer.from(bytes, "latin1").toString();

export function openTree(volume: Volume, clock: Clock): Tree {
  const debugfs = talkToDebugfs(volume.debugfs, clock);
  const inode = inodeReader(volume, debugfs);
  const target = async (link: Inode): Promise<string> => {
    if (link.inner) return link.inner.toString("latin1");
    if (link.bytes > targetBytesMax) throw damaged("a symbolic link leads further than paths may");
    const parts = await Array.fromAsync(debugfs.content(link.number, link.bytes));
    return Buffer.concat(parts).toString("latin1");
  };
  const tree = {
    inode,
    target,
    entries: debugfs.entries,
    content: (file: Inode) => debugfs.content(file.number, file.bytes),
    finish: debugfs.finish,
  };
  return { ...tree, find: (path) => find(tree, path) };
}

/** Reads an inode's own bytes: debugfs says where its table lies, once for each table. */
function inodeReader({ superblock, read }: Volume, debugfs: Debugfs): Tree["inode"] {
  const { blockBytes, inodeBytes, inodes, inodesPerGroup } = superblock;
  const tables = new Map<number, number>();
  const pages = new Map<number, Buffer>();

  const tableOf = async (group: number): Promise<number> => {
    const known = tables.get(group);
    if (known !== undefined) return known;
    const { block, offset } = await debugfs.placeOf(group * inodesPerGroup + 1);
    const at = block * blockBytes + offset;
    tables.set(group, at);
    return at;
  };
  const pageFrom = async (at: number, end: number): Promise<Buffer> => {
    const known = pages.get(at);
    if (known) return known;
    const page = await read(at, Math.min(pageBytes, end - at));
    const oldest = pages.keys().next().value;
    if (pages.size >= pagesMax && oldest !== undefined) pages.delete(oldest);
    pages.set(at, page);
    return page;
  };
  return async (number) => {
    if (!(number >= 1 && number <= inodes)) throw damaged(`a name leads to inode ${number}, which there is not`);
    const table = await tableOf(Math.floor((number - 1) / inodesPerGroup));
    const within = ((number - 1) % inodesPerGroup) * inodeBytes;
    const start = within - (within % pageBytes);
    const page = await pageFrom(table + start, table + inodesPerGroup * inodeBytes);
    return parseInode(number, page.subarray(within - start, within - start + inodeBytes));
  };
}

/** `tree.find`. The way back from a directory is the way that was taken to it. */
async function find(tree: Omit<Tree, "find">, path: string): Promise<Inode> {
  const waiting = partsOf(path);
  const way = [await tree.inode(rootInode)];
  let links = 0;
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const here = way.at(-1);
    if (here === undefined || kindOf(here.mode) !== "directory") throw notFound(path, "on the way to it is no folder");
    if (name === "..") {
      if (way.length > 1) way.pop();
      continue;
    }
    const next = await childOf(tree, here, name);
    if (next === undefined) throw notFound(path);
    if (kindOf(next.mode) !== "symlink") way.push(next);
    else {
      if (++links > linksMax) throw notFound(path, "symbolic links lead round and round");
      const target = await tree.target(next);
      if (target.startsWith("/")) way.splice(1);
      waiting.unshift(...partsOf(target));
    }
  }
  return way.at(-1) ?? tree.inode(rootInode);
}

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

async function childOf(
  tree: Pick<Tree, "entries" | "inode">,
  directory: Inode,
  name: string,
): Promise<Inode | undefined> {
  let found: number | undefined;
  // The answer is read to its end, since the next question comes after it.
  for await (const entry of tree.entries(directory.number)) if (entry.name === name) found = entry.inode;
  return found === undefined ? undefined : tree.inode(found);
}

function notFound(path: string, why?: string): UserError {
  const reason = why === undefined ? "" : `: ${why}`;
  return new UserError("path-not-found", `the disk has no ${toText(path)}${reason}`);
}
