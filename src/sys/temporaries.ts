/** What a crash left of files that were being written: each has its place only once it is whole. */
import type { Files } from "./files.ts";

/** Removes the temporary files of `Files.writeAtomically` in these folders; called before anything is written to them. */
export async function removeTemporaries(
  files: Pick<Files, "stat" | "list" | "remove">,
  folders: readonly string[],
): Promise<void> {
  for (const folder of folders) {
    if ((await files.stat(folder)) === undefined) continue;
    const names = (await files.list(folder)).filter((name) => name.endsWith(".tmp"));
    for (const name of names) await files.remove(`${folder}/${name}`);
  }
}
