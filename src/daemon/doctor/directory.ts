/** Checks of the data directory: whose it is, what it lies on, and the space there. */
import type { Check } from "../../model/check.ts";
import { formatSize } from "../../model/size.ts";
import type { Files } from "../../sys/files.ts";
import { freeBytesFloor } from "../../drivers/limits.ts";

export interface DirectoryOptions {
  readonly directory: string;
  /** Whose it should be. */
  readonly uid: number;
  readonly user: string;
  readonly files: Pick<Files, "stat" | "read" | "space">;
}

export async function checkDirectory(options: DirectoryOptions): Promise<Check[]> {
  const status = await options.files.stat(options.directory);
  if (!status) return [{ name: "data", verdict: "ok", found: `${options.directory} is made when a daemon starts` }];
  return [checkOwner(options, status), await checkSpace(options), await checkFileSystem(options)];
}

function checkOwner(
  { directory, uid, user }: DirectoryOptions,
  { uid: owner, mode, kind }: { uid: number; mode: number; kind: string },
): Check {
  const name = "data";
  const found = `${directory}, mode ${mode.toString(8).padStart(4, "0")}`;
  if (kind !== "directory")
    return { name, verdict: "fail", found: `${directory} is no directory`, next: `ls -l ${directory}` };
  if (owner !== uid)
    return {
      name,
      verdict: "fail",
      found: `${found}, belongs to uid ${owner}`,
      next: `sudo chown -R ${user} ${directory}`,
    };
  if ((mode & 0o022) !== 0)
    return { name, verdict: "fail", found: `${found}: others may write in it`, next: `chmod go-w ${directory}` };
  if ((mode & 0o044) !== 0)
    return { name, verdict: "warn", found: `${found}: others may list it`, next: `chmod go-r ${directory}` };
  return { name, verdict: "ok", found };
}

/** The floor is where launches are refused; twice that is the time to know. */
async function checkSpace({ directory, files }: DirectoryOptions): Promise<Check> {
  const { freeBytes, totalBytes } = await files.space(directory);
  const found = `${formatSize(freeBytes)} free of ${formatSize(totalBytes)}`;
  if (freeBytes < freeBytesFloor)
    return { name: "space", verdict: "fail", found: `${found}: launches are refused`, next: "strata df" };
  if (freeBytes < 2 * freeBytesFloor)
    return {
      name: "space",
      verdict: "warn",
      found: `${found}: launches are refused below ${formatSize(freeBytesFloor)}`,
      next: "strata df",
    };
  return { name: "space", verdict: "ok", found };
}

/** Where locks, syncs or the files themselves may not hold. */
const unsafe: Readonly<Record<string, string>> = {
  tmpfs: "it is gone when the host restarts",
  ramfs: "it is gone when the host restarts",
  nfs: "another host's disk: locks and syncs may not hold",
  nfs4: "another host's disk: locks and syncs may not hold",
  cifs: "another host's disk: locks and syncs may not hold",
  smb3: "another host's disk: locks and syncs may not hold",
  "9p": "another host's disk: locks and syncs may not hold",
  vfat: "it keeps no owners and no modes",
  exfat: "it keeps no owners and no modes",
};

async function checkFileSystem({ directory, files }: DirectoryOptions): Promise<Check> {
  const type = await fileSystemOf(files, directory);
  const found = type ?? "unknown";
  const why = type === undefined ? undefined : unsafe[type];
  if (why === undefined) return { name: "file system", verdict: "ok", found };
  const next = "set STRATA_HOME to a directory on a local disk";
  return { name: "file system", verdict: "warn", found: `${found}: ${why}`, next };
}

/** The type of the file system at `path`, from /proc/self/mounts (fstab(5): spaces are \040); undefined where there is none. */
async function fileSystemOf(files: DirectoryOptions["files"], path: string): Promise<string | undefined> {
  const table = "/proc/self/mounts";
  if ((await files.stat(table)) === undefined) return undefined;
  const mounts = Buffer.from(await files.read(table))
    .toString()
    .trim()
    .split("\n");
  let best: { place: string; type: string | undefined } = { place: "", type: undefined };
  for (const line of mounts) {
    const [, escaped = "", type] = line.split(" ");
    const place = escaped.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const holds = place === "/" || path === place || path.startsWith(`${place}/`);
    // A later mount on the same place covers the earlier one.
    if (holds && place.length >= best.place.length) best = { place, type };
  }
  return best.type;
}
