/** A whole tar archive at once, from files that are in memory; equal input gives equal bytes. */
import { tarEnd, tarHeader, tarPadding } from "../src/sys/tar.ts";

export interface TarFile {
  /** At most 100 bytes, relative. */
  readonly path: string;
  readonly isExecutable: boolean;
  readonly content: Uint8Array;
}

export function tar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, isExecutable, content }) => [
    tarHeader({ path, isExecutable, bytes: content.length }),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, tarEnd]);
}
