/** Small executable files of this user, in a folder of PATH. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "./files.ts";

const executable = 0o755;

/** Names in the folder; one that is not there has none. */
export function listScripts(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Old content or new, never a part; the folder is made where it is missing. `name` is a plain file name. */
export function writeScript(directory: string, name: string, text: string): void {
  mkdirSync(directory, { recursive: true, mode: executable });
  const temporary = join(directory, `.${process.pid}.tmp`);
  try {
    writeFileSync(temporary, text, { mode: executable });
    renameSync(temporary, join(directory, name));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

export function removeScript(directory: string, name: string): void {
  rmSync(join(directory, name), { force: true });
}
