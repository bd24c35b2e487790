/** Where a daemon is found: its runtime directory, and the note of its socket beside the data. */
import { type Config, placeFile, systemGroup } from "../config.ts";
import { messageOf } from "../errors.ts";
import { dirname, systemFiles } from "../sys/files.ts";
import { self } from "../sys/self.ts";
import { groupId } from "../sys/users.ts";

/** Root's machines run under accounts of their own and must pass through to their sockets; the API's own mode keeps them out of it. */
export async function makeRuntimeDirectory({ runtimeDirectory, isSystem, user }: Config): Promise<void> {
  const isRoot = user.uid === 0;
  const group = isSystem ? groupId(systemGroup) : undefined;
  if (!isSystem) {
    await systemFiles.makeDirectory(dirname(runtimeDirectory), 0o700);
    if (isRoot) await systemFiles.changeMode(dirname(runtimeDirectory), 0o711);
  }
  await systemFiles.makeDirectory(runtimeDirectory, 0o700);
  if (group !== undefined) await systemFiles.changeOwner(runtimeDirectory, user.uid, group);
  await systemFiles.changeMode(runtimeDirectory, isSystem ? 0o751 : isRoot ? 0o711 : 0o700);
}

/** Where the daemon is reached, for a client whose environment leads to another runtime directory. */
export async function tellPlace({ directory, socket }: Config, report: (line: string) => void): Promise<void> {
  const place = Buffer.from(`${JSON.stringify({ pid: self.pid, socket })}\n`);
  // On a full disk the daemon serves without: it is a courtesy.
  await systemFiles
    .writeAtomically(placeFile(directory), place, 0o600)
    .catch((error) => report(`${placeFile(directory)}: ${messageOf(error)}`));
}

/** After an orderly end nothing of it is left but the data; machines that run keep their sockets, and so the folder. */
export async function clearPlace({ directory, runtimeDirectory, isSystem, socket }: Config): Promise<void> {
  await systemFiles.remove(placeFile(directory)).catch(() => undefined);
  await systemFiles.remove(socket).catch(() => undefined);
  if (isSystem) return;
  for (const folder of [runtimeDirectory, dirname(runtimeDirectory)])
    await systemFiles.removeDirectory(folder).catch(() => undefined);
}
