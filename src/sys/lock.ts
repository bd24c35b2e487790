/** One daemon per data directory: an exclusive lock that ends with the process and names its holder. */
import { UserError } from "../errors.ts";
import { errorCode } from "./files.ts";
import type { Files, OpenFile } from "./files.ts";

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a data directory without waiting.
 * @throws UserError `daemon-running` that names the holder's process id.
 */
export async function lockDirectory(
  files: Files,
  directory: string,
  pid: number = process.pid,
): Promise<DirectoryLock> {
  const path = `${directory}/lock`;
  const file = await openLockFile(files, path);
  if (!file.lock()) {
    const holder = new TextDecoder().decode(await file.read(0, 32)).trim();
    await file.close();
    throw lockedError(directory, holder);
  }
  // The name of the holder is a courtesy: on a full disk the lock still holds without it.
  await file
    .truncate(0)
    .then(() => file.write(new TextEncoder().encode(`${pid}\n`), 0))
    .catch(() => undefined);
  return { release: () => file.close() };
}

/** A disk that has become read-only can still be locked, so that a daemon can at least answer from it. */
async function openLockFile(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.open(path, "ensure", 0o600);
  } catch (error) {
    if (errorCode(error) !== "EROFS") throw error;
    return files.open(path, "read");
  }
}

function lockedError(directory: string, holder: string): UserError {
  const who = /^\d+$/.test(holder) ? `process ${holder}` : "another process";
  return new UserError("daemon-running", `the data directory ${directory} is in use by ${who}`, {
    hints: [
      ["why", "one daemon at a time may write the event log"],
      [
        "next",
        /^\d+$/.test(holder) ? `stop it: strata daemon stop (or: kill ${holder})` : "stop it: strata daemon stop",
      ],
    ],
  });
}
