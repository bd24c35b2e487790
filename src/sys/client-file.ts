/** The client's own settings file: small JSON, replaced as a whole. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError, exitCodes, messageOf } from "../errors.ts";

/** Its text values by key; a missing file has none. Throws `client-file-invalid`: an unreadable file is never an empty one. */
export function readClientFile(path: string): Record<string, string> {
  return Object.fromEntries(Object.entries(readObject(path)).map(([key, value]) => [key, String(value)]));
}

function readObject(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (messageOf(error).startsWith("ENOENT")) return {};
    throw clientFileInvalid(path, messageOf(error), error);
  }
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Error("it holds no object");
    return { ...parsed };
  } catch (error) {
    throw clientFileInvalid(path, messageOf(error), error);
  }
}

/** What the client remembers of daemons, by their socket; a missing file holds nothing. Throws `client-file-invalid`. */
export function readMemory(path: string): Readonly<Record<string, unknown>> {
  return readObject(path);
}

/** Old content or new, never a part. Throws what the disk throws, also when the home it should be in does not exist: a
 *  service without one gets none for this. */
export function writeMemory(path: string, memories: Readonly<Record<string, unknown>>): void {
  const settings = dirname(dirname(path));
  if (!existsSync(settings)) mkdirSync(settings, { mode: 0o700 });
  replace(path, memories);
}

/** Old content or new, never a part. */
export function writeClientFile(path: string, values: Readonly<Record<string, string>>): void {
  replace(path, values);
}

/** A file that holds one object; a missing one holds nothing. Throws `client-file-invalid`. */
export function readClientObject(path: string): Readonly<Record<string, unknown>> {
  return readObject(path);
}

/** Old content or new, never a part. */
export function writeClientObject(path: string, value: Readonly<Record<string, unknown>>): void {
  replace(path, value);
}

function replace(path: string, values: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(values, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** What is said of a file that is there and is not what it should be. */
export function clientFileInvalid(path: string, why: string, cause: unknown): UserError {
  return new UserError("client-file-invalid", `the settings file ${path} cannot be used: ${why}`, {
    exit: exitCodes.failed,
    cause,
    hints: [["next", `mv ${path} ${path}.bad`]],
  });
}
