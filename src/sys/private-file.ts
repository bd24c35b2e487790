/** Small text files of this user alone, in a folder of this user alone: whole or not there. */
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "./files.ts";

/** Undefined: there is none. Throws what else the system says. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Old content or new, never a part; 0600. */
export function replaceText(path: string, text: string): void {
  renameSync(written(path, text), path);
}

/** The same where there is none; false: there is one, which stays. */
export function createText(path: string, text: string): boolean {
  const temporary = written(path, text);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function written(path: string, text: string): string {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  return temporary;
}
