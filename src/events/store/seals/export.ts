/** Copies a log with its seals, its public key and a verifier into a folder, or an archive, that anybody can check. */
import { UserError, exitCodes } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import readme from "./bundle/readme.txt" with { type: "text" };
import verifier from "./bundle/verify.py.txt" with { type: "text" };
import { archivePlaces, segmentLister } from "../archive/segments.ts";
import { archivedPath, leavesPath, logDirectory, sealPublicPath, segmentName, sealsPath } from "../segment.ts";
import { archiveFolder, type Bundle, openArchive, openFolder } from "./bundle.ts";

export interface ExportOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  /** What to make: one archive when its name ends in `.tar`, else a folder. */
  readonly target: string;
}

export interface Exported {
  readonly files: number;
  readonly bytes: number;
  /** What an archive unpacks to; absent: a folder was made. */
  readonly folder?: string;
}

/** Resolves with how much was copied. Throws `bundle-exists` when the target is there, and what the disk throws. */
export async function exportBundle(options: ExportOptions): Promise<Exported> {
  const { files, target } = options;
  if ((await files.stat(target)) !== undefined) {
    throw new UserError("bundle-exists", `${target} is already there`, {
      exit: exitCodes.usage,
      hints: [["form", "a folder, or a file NAME.tar, that does not exist yet"]],
    });
  }
  const isArchive = target.endsWith(".tar");
  const bundle = await (isArchive ? openArchive : openFolder)(files, target);
  try {
    const copied = await copyInto(bundle, options);
    await bundle.finish();
    return isArchive ? { ...copied, folder: archiveFolder } : copied;
  } catch (error) {
    await bundle.abandon().catch(() => undefined);
    throw error;
  }
}

async function copyInto(bundle: Bundle, { directory, files }: ExportOptions): Promise<Exported> {
  let [count, bytes] = [0, 0];
  const put = async (path: string, content: Uint8Array, isExecutable = false) => {
    await bundle.put(path, content, isExecutable);
    count++;
    bytes += content.length;
  };
  const copy = async (from: string, to: string) => {
    if ((await files.stat(from)) !== undefined) await put(to, await files.read(from));
  };
  const within = (path: string) => path.slice(directory.length + 1);
  // The seals first: a log that grows meanwhile then holds all that they are of.
  for (const path of [sealsPath(directory), sealPublicPath(directory)]) await copy(path, within(path));
  const list = await segmentLister({ directory, files, archives: await archivePlaces(files, directory) });
  const segments = await list();
  for (const { first, path } of segments) await copy(path, within(`${logDirectory(directory)}/${segmentName(first)}`));
  // What is not at hand is proved by its leaves.
  if ((segments[0]?.first ?? 1) > 1)
    for (const path of [leavesPath(directory), archivedPath(directory)]) await copy(path, within(path));
  await put("verify.py", Buffer.from(verifier), true);
  await put("README.txt", Buffer.from(readme));
  return { files: count, bytes };
}
