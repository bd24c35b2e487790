/** Copies a log with its seals, its public key and a verifier into a folder that anybody can check. */
import { UserError, exitCodes } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import readme from "./bundle/readme.txt" with { type: "text" };
import verifier from "./bundle/verify.py.txt" with { type: "text" };
import { listSegments, logDirectory, sealPublicPath, segmentName, sealsPath } from "../segment.ts";

export interface ExportOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  /** The folder to make. */
  readonly target: string;
}

/** Resolves with how much was copied. Throws `bundle-exists` when the target is there, and what the disk throws. */
export async function exportBundle({
  directory,
  files,
  target,
}: ExportOptions): Promise<{ files: number; bytes: number }> {
  if ((await files.stat(target)) !== undefined) {
    throw new UserError("bundle-exists", `${target} is already there`, {
      exit: exitCodes.usage,
      hints: [["form", "a folder that does not exist yet"]],
    });
  }
  await files.makeDirectory(logDirectory(target), 0o755);
  let [count, bytes] = [0, 0];
  const put = async (path: string, content: Uint8Array, mode: number) => {
    await files.writeAtomically(path, content, mode);
    count++;
    bytes += content.length;
  };
  const copy = async (from: string, to: string) => {
    if ((await files.stat(from)) !== undefined) await put(to, await files.read(from), 0o644);
  };
  // The seals first: a log that grows meanwhile then holds all that they are of.
  await copy(sealsPath(directory), sealsPath(target));
  await copy(sealPublicPath(directory), sealPublicPath(target));
  for (const { first, path } of await listSegments(files, directory))
    await copy(path, `${logDirectory(target)}/${segmentName(first)}`);
  await put(`${target}/verify.py`, Buffer.from(verifier), 0o755);
  await put(`${target}/README.txt`, Buffer.from(readme), 0o644);
  return { files: count, bytes };
}
