/** Accounts and file modes when the daemon is root: each machine runs as nobody else does, and may enter only what is its own. */
import { UserError } from "../../errors.ts";
import type { Files } from "../../sys/files.ts";
import type { Host } from "../../sys/host.ts";
import type { Account, StartOptions } from "../../sys/process.ts";

/** Above the ranges of people, services and the usual subordinate uids. */
const firstUid = 720_000;
/** Runs qemu-img and the probe, which belong to no instance. */
const toolUid = 719_999;

const enterOnly = 0o111;
const readable = 0o444;
const groupReads = 0o040;
/** After the standard ones: folders first, then files. */
export const firstDescriptor = 3;

/** The account of one machine; undefined unless the daemon is root. `group` is one that it needs besides, as its only group. */
export function machineAccount(daemonUid: number, ordinal: number, group?: number): Account | undefined {
  return daemonUid === 0 ? { uid: firstUid + ordinal, gid: group ?? firstUid + ordinal } : undefined;
}

/** The account of a tool that looks at what a stranger made. */
export function toolAccount(daemonUid: number, group?: number): Account | undefined {
  return daemonUid === 0 ? { uid: toolUid, gid: group ?? toolUid } : undefined;
}

/** How an account reaches our folders: by their paths, or through descriptors where a folder above them is closed to it. */
export interface Passage {
  readonly directories: readonly string[];
  /** A word of the command line or environment as the account has to say it. */
  through(word: string): string;
}

/** For our own account, and where nothing is closed. */
export const openWay: Passage = { directories: [], through: (word) => word };

/**
 * Lets other accounts pass through `directories` without reading them. Our own folders, at or below `roots`, are opened;
 * a closed one above them is not ours to open, so the roots are handed over as descriptors. Throws `directory-closed`
 * where there is no /proc to use them through.
 */
export async function openPassage(
  files: Files,
  platform: Host["platform"],
  roots: readonly string[],
  directories: readonly string[],
): Promise<Passage> {
  let closed: string | undefined;
  for (const path of new Set(directories.flatMap(ancestors))) {
    const mode = (await files.stat(path))?.mode ?? enterOnly;
    if ((mode & 0o001) !== 0) continue;
    const isOurs = roots.some((root) => path === root || path.startsWith(`${root}/`));
    if (isOurs) await files.changeMode(path, mode | enterOnly);
    else closed = path;
  }
  if (closed === undefined) return openWay;
  if (platform !== "linux") throw closedError(closed);
  return { directories: roots, through: (word) => roots.reduce(throughDescriptor, word) };
}

/** Replaces a root where a path begins with it: at the start of the word or of a value within it. */
function throughDescriptor(word: string, root: string, index: number): string {
  const start = new RegExp(`(?<=^|[=:,"])${RegExp.escape(root)}(?=/)`, "g");
  return word.replace(start, `/proc/self/fd/${firstDescriptor + index}`);
}

/** The start of a program under `account`, and its words as that account has to say them. */
export function confine(
  account: Account | undefined,
  { directories, through }: Passage,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): { argv: string[]; start: StartOptions } {
  if (account === undefined) return { argv: [...argv], start: { env } };
  const entries = Object.entries(env).map(([name, value]) => [name, through(value)]);
  return { argv: argv.map(through), start: { env: Object.fromEntries(entries), account, directories } };
}

/** Makes one file readable to every account that can reach it. */
export async function makeReadable(files: Files, path: string): Promise<void> {
  const mode = (await files.stat(path))?.mode ?? readable;
  if ((mode & readable) !== readable) await files.changeMode(path, mode | readable);
}

/** Lets the tools read a file of a disk. Images are no secret between the machines of a host; a layer stays whose it is. */
export async function admitTools(files: Files, path: string, account: Account, dataDirectory: string): Promise<void> {
  const status = await files.stat(path);
  if (!path.startsWith(`${dataDirectory}/layers/`) || status === undefined) return makeReadable(files, path);
  if (status.gid !== account.gid) await files.changeOwner(path, status.uid, account.gid);
  if ((status.mode & groupReads) === 0) await files.changeMode(path, status.mode | groupReads);
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
