/** The notes of what interfaces of the host were like, in a file that a crash does not take along. */
import type { Files } from "../../sys/files.ts";
import { Uplinks } from "./uplinks.ts";
import type { Uplink } from "./uplinks.ts";

const pathIn = (directory: string): string => `${directory}/uplinks.json`;

/** Throws for notes that cannot be read: what is not known cannot be given back. */
export async function readUplinks(files: Files, directory: string): Promise<Uplink[]> {
  if ((await files.stat(pathIn(directory))) === undefined) return [];
  return Uplinks.parse(JSON.parse(Buffer.from(await files.read(pathIn(directory))).toString()));
}

export async function noteUplinks(files: Files, directory: string, uplinks: readonly Uplink[]): Promise<void> {
  const before = await readUplinks(files, directory);
  if (JSON.stringify(before) === JSON.stringify(uplinks)) return;
  await files.writeAtomically(pathIn(directory), Buffer.from(JSON.stringify(uplinks)), 0o600);
}
