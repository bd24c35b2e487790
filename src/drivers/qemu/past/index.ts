/** Files out of the past: a frozen disk is read without a machine, by programs that may do nothing else. */
import { UserError, exitCodes } from "../../../errors.ts";
import type { FileSupport, PastContent, PastEntry, PastListing } from "../../past-files.ts";
import type { QemuContext } from "../context.ts";
import { archive, compare, namesMax } from "./archive.ts";
import { changesBetween } from "./changes.ts";
import type { DirectoryEntry } from "./debugfs.ts";
import { kindOf, type Inode } from "./ext.ts";
import { createFolders } from "./folders.ts";
import { openTree, toBytes, toText, type Tree } from "./tree.ts";
import { openVolume } from "./volume.ts";

/** An opened disk; `close` may be called again and again, and follows the signal by itself. */
interface Look {
  readonly tree: Tree;
  /** Id of its file system. */
  readonly system: string;
  close(): Promise<void>;
}

export function createPast(context: QemuContext): FileSupport {
  const folders = createFolders(context);
  const open = async (layer: string, signal: AbortSignal): Promise<Look> => {
    signal.throwIfAborted();
    const volume = await openVolume(context, folders, layer, signal);
    let closing: Promise<void> | undefined;
    const close = () => {
      signal.removeEventListener("abort", follow);
      return (closing ??= volume.close());
    };
    const follow = () => void close().catch(() => undefined);
    signal.addEventListener("abort", follow, { once: true });
    return { tree: openTree(volume, context.clock), system: volume.superblock.id, close };
  };
  return {
    list: async (layer, path, signal) => {
      const bytes = checked(path);
      const { tree, close } = await open(layer, signal);
      return orAborted(signal, list(tree, bytes)).finally(close);
    },
    read: async (layer, path, signal) => {
      const bytes = checked(path);
      const look = await open(layer, signal);
      return orAborted(signal, read(look, bytes, signal)).catch((error: unknown) =>
        look.close().then(() => Promise.reject(error)),
      );
    },
    changes: async function* (before, after, signal) {
      const looks: Look[] = [];
      try {
        for (const layer of [before, after]) looks.push(await open(layer, signal));
        yield* changes(looks);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        for (const look of looks) await look.close();
      }
    },
  };
}

async function* changes([was, is]: readonly Look[]) {
  if (!was || !is) return;
  let isCut = false;
  for await (const change of changesBetween(was.tree, is.tree, was.system === is.system)) {
    isCut = change.change === "cut";
    yield change;
  }
  if (!isCut) for (const { tree } of [was, is]) await tree.finish();
}

async function list(tree: Tree, path: string): Promise<PastListing> {
  const inode = await tree.find(path);
  if (kindOf(inode.mode) !== "directory") {
    const entry = await entryOf(tree, path.slice(path.lastIndexOf("/") + 1), inode);
    await tree.finish();
    return { entries: [entry], isCut: false };
  }
  const names: DirectoryEntry[] = [];
  let count = 0;
  for await (const entry of tree.entries(inode.number)) if (count++ < namesMax) names.push(entry);
  const entries: PastEntry[] = [];
  for (const { name, inode: number } of names.toSorted((a, b) => compare(a.name, b.name)))
    entries.push(await entryOf(tree, name, await tree.inode(number)));
  await tree.finish();
  return { entries, isCut: count > namesMax };
}

async function entryOf(tree: Tree, name: string, inode: Inode): Promise<PastEntry> {
  const { mode, uid, gid, bytes, modifiedMs } = inode;
  const kind = kindOf(mode);
  const target = kind === "symlink" ? { target: toText(await tree.target(inode)) } : {};
  return { name: toText(name), kind, mode: mode & 0o7777, uid, gid, bytes, modifiedMs, ...target };
}

async function read(look: Look, path: string, signal: AbortSignal): Promise<PastContent> {
  const inode = await look.tree.find(path);
  const kind = kindOf(inode.mode);
  if (kind !== "file" && kind !== "directory")
    throw new UserError("path-not-readable", `${toText(path)} is neither a file nor a folder`);
  const entry = await entryOf(look.tree, path.slice(path.lastIndexOf("/") + 1), inode);
  const pieces = kind === "file" ? look.tree.content(inode) : archive(look.tree, inode);
  return { entry, kind, content: closing(look, pieces, signal) };
}

/** The pieces, and the end of the look with the last of them, or when nobody wants more. */
async function* closing(look: Look, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal) {
  try {
    yield* pieces;
    await look.tree.finish();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await look.close();
  }
}

/** What comes of ended programs is the signal's reason, when that ended them. */
async function orAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return work.catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

/** As `Tree` takes it. Throws `path-not-absolute`. */
function checked(path: string): string {
  if (path.startsWith("/") && !path.includes("\0")) return toBytes(path);
  throw new UserError("path-not-absolute", `a path in a machine begins with a slash, not like "${path}"`, {
    exit: exitCodes.usage,
  });
}
