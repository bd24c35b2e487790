/** Memory files that points keep: whole and durable under their names, shared by link with the machine that saved or loads them. */
import { UserError } from "../../errors.ts";
import { dirname, errorCode } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { KeptMemory, SavedMemory } from "../driver.ts";
import type { QemuContext } from "./context.ts";
import { removeIfThere } from "./layers.ts";
import { memoryPath } from "./paths.ts";

const copyBytes = 2 ** 20;
/** What a file system says that makes no more links, or none. */
const unlinkable = new Set(["EPERM", "EXDEV", "EMLINK", "ENOTSUP", "EOPNOTSUPP"]);

export interface Loader {
  readonly build: string;
  readonly accelerator: string;
}

/** Where QEMU writes memory until it is whole. */
export const partialOf = (path: string): string => `${path}.new`;

/** Memory that a machine saved when it was suspended is kept under an id besides. */
export async function keepSaved(
  { files, dataDirectory }: QemuContext,
  path: string,
  saved: SavedMemory & Loader,
  memory: string,
): Promise<KeptMemory> {
  await files.makeDirectory(`${dataDirectory}/memories`, 0o700);
  await share(files, path, memoryPath(dataDirectory, memory));
  const { memoryBytes, build, accelerator } = saved;
  return { memory, memoryBytes, build, accelerator };
}

/** Gives a memory that QEMU has written its name once it is durable. Answers its bytes. */
export async function keepWritten(files: Files, path: string): Promise<number> {
  const partial = partialOf(path);
  const file = await files.open(partial, "read");
  try {
    await file.sync();
    const bytes = await file.size();
    await files.rename(partial, path);
    await files.syncDirectory(dirname(path));
    return bytes;
  } finally {
    await file.close();
  }
}

/** The same content under another name too, durably. */
export async function share(files: Files, from: string, to: string): Promise<void> {
  const partial = partialOf(to);
  await removeIfThere(files, partial);
  try {
    await files.link(from, partial);
  } catch (error) {
    if (!unlinkable.has(errorCode(error) ?? "")) throw error;
    await copy(files, from, partial);
  }
  await files.rename(partial, to);
  // Where both names were the same file already, the rename did nothing.
  await removeIfThere(files, partial);
  await files.syncDirectory(dirname(to));
}

async function copy(files: Files, from: string, to: string): Promise<void> {
  const source = await files.open(from, "read");
  try {
    const target = await files.open(to, "ensure", 0o600);
    try {
      for (let at = 0; ; at += copyBytes) {
        const bytes = await source.read(at, copyBytes);
        await target.write(bytes, at);
        if (bytes.length < copyBytes) break;
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } catch (error) {
    await removeIfThere(files, to);
    throw error;
  } finally {
    await source.close();
  }
}

/** Throws `memory-missing` when it is not there as it was kept. */
export async function checkKept({ files, dataDirectory }: QemuContext, kept: KeptMemory): Promise<void> {
  const bytes = (await files.stat(memoryPath(dataDirectory, kept.memory)))?.bytes;
  if (bytes === kept.memoryBytes) return;
  const found = bytes === undefined ? "is gone" : `has ${bytes} bytes instead of ${kept.memoryBytes}`;
  throw new UserError("memory-missing", `the saved memory ${kept.memory} ${found}`);
}

/** Removes a memory, whole or not. */
export async function removeMemory(files: Files, path: string): Promise<void> {
  for (const each of [partialOf(path), path]) await removeIfThere(files, each);
}
