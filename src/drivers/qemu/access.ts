/** Accounts and file modes when the daemon is root: each machine runs as nobody else does, and may enter only what is its own. */
import { UserError } from "../../errors.ts";
import type { Files } from "../../sys/files.ts";
import type { Account } from "../../sys/process.ts";

/** Above the ranges of people, services and the usual subordinate uids. */
const firstUid = 720_000;
/** Runs qemu-img and the probe, which belong to no instance. */
const toolUid = 719_999;

const enterOnly = 0o111;
const readable = 0o444;

/** The account of one machine; undefined unless the daemon is root. `group` is one that it needs besides, as its only group. */
export function machineAccount(daemonUid: number, ordinal: number, group?: number): Account | undefined {
  return daemonUid === 0 ? { uid: firstUid + ordinal, gid: group ?? firstUid + ordinal } : undefined;
}

/** The account of a tool that looks at what a stranger made. */
export function toolAccount(daemonUid: number, group?: number): Account | undefined {
  return daemonUid === 0 ? { uid: toolUid, gid: group ?? toolUid } : undefined;
}

/**
 * Lets other accounts pass through `directory` without reading it. Our own folders, at or below `roots`, are changed;
 * a closed one above them is not ours to open: throws `directory-closed` with the command that would.
 */
export async function openPassage(files: Files, roots: readonly string[], directory: string): Promise<void> {
  for (const path of ancestors(directory)) {
    const mode = (await files.stat(path))?.mode ?? enterOnly;
    if ((mode & 0o001) !== 0) continue;
    if (roots.some((root) => path === root || path.startsWith(`${root}/`)))
      await files.changeMode(path, mode | enterOnly);
    else throw closedError(path);
  }
}

/** Makes one file readable to every account that can reach it. */
export async function makeReadable(files: Files, path: string): Promise<void> {
  const mode = (await files.stat(path))?.mode ?? readable;
  if ((mode & readable) !== readable) await files.changeMode(path, mode | readable);
}

/** From the root downwards, the path itself last. */
function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

const closedError = (path: string) =>
  new UserError("directory-closed", `machines run under accounts of their own, which may not pass through ${path}`, {
    hints: [
      ["next", `sudo chmod o+x ${path}`],
      ["or", "set STRATA_HOME to a directory that others may pass through"],
    ],
  });
