/** Where a bundle goes: into a folder, or into one archive with the same files. */
import { dirname, type Files, type OpenFile } from "../../../sys/files.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../sys/tar.ts";

export interface Bundle {
  /** `path` is relative to the bundle. */
  put(path: string, content: Uint8Array, isExecutable: boolean): Promise<void>;
  /** Nothing more comes: it is there as a whole now. */
  finish(): Promise<void>;
  /** Leaves nothing that could be taken for a whole one. */
  abandon(): Promise<void>;
}

export async function openFolder(files: Files, target: string): Promise<Bundle> {
  await files.makeDirectory(target, 0o755);
  return {
    async put(path, content, isExecutable) {
      const place = `${target}/${path}`;
      await files.makeDirectory(dirname(place), 0o755);
      await files.writeAtomically(place, content, isExecutable ? 0o755 : 0o644);
    },
    finish: async () => {},
    // Its files are whole ones, and what is missing the verifier names.
    abandon: async () => {},
  };
}

/** What the archive unpacks to, whatever its own name: equal logs give equal archives. */
export const archiveFolder = "history";

/** One tar file, under its name only when it is whole. */
export async function openArchive(files: Files, target: string): Promise<Bundle> {
  const partial = `${target}.partial`;
  const file: OpenFile = await files.open(partial, "ensure", 0o644);
  await file.truncate(0);
  let offset = 0;
  let isOpen = true;
  const close = async () => {
    if (isOpen) await file.close().finally(() => (isOpen = false));
  };
  const write = async (bytes: Uint8Array) => {
    await file.write(bytes, offset);
    offset += bytes.length;
  };
  return {
    async put(path, content, isExecutable) {
      const bytes = content.length;
      await write(tarHeader({ path: `${archiveFolder}/${path}`, isExecutable, bytes }));
      await write(content);
      await write(tarPadding(bytes));
    },
    async finish() {
      await write(tarEnd);
      await file.sync();
      await close();
      await files.rename(partial, target);
      await files.syncDirectory(dirname(target));
    },
    async abandon() {
      await close().finally(() => files.remove(partial));
    },
  };
}
