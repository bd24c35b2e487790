/** A folder to be served, with a secret beside it that nothing may touch. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const secret = "what nobody in the guest may read";

export interface Place {
  readonly source: string;
  readonly outside: string;
  /** All that can be told of what is outside: equal as long as nothing changed. */
  outsideNow(): string;
  remove(): void;
}

/** Readable by everybody, since helpers give up root. */
export function createPlace(): Place {
  const top = mkdtempSync(join(tmpdir(), "strata-mount-"));
  chmodSync(top, 0o755);
  const [source, outside] = [join(top, "source"), join(top, "outside")];
  for (const folder of [source, outside]) mkdirSync(folder);
  writeFileSync(join(outside, "file"), secret);
  writeFileSync(join(outside, "hidden"), secret);
  const outsideNow = () =>
    JSON.stringify(
      ["", ...readdirSync(outside).sort()].map((name) => {
        const path = join(outside, name);
        const { ino, mode, uid, gid, size, mtimeMs, ctimeMs, nlink } = lstatSync(path);
        return [name, ino, mode, uid, gid, size, mtimeMs, ctimeMs, nlink, name && readFileSync(path, "utf8")];
      }),
    );
  return { source, outside, outsideNow, remove: () => rmSync(top, { recursive: true, force: true }) };
}
