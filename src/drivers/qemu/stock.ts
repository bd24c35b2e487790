/** Which layers and memories there are on disk, and the end of those that lie in the quarantine. */
import { dirname, type Files } from "../../sys/files.ts";
import type { QemuContext } from "./context.ts";
import { removeIfThere } from "./layers.ts";
import { layerPath, memoryPath, quarantined } from "./paths.ts";

export interface Stock {
  readonly layers: readonly string[];
  readonly memories: readonly string[];
}

/** What lies in the quarantine, or is not whole yet, is not among them. */
export async function takeStock({ files, dataDirectory }: QemuContext): Promise<Stock> {
  const [layers, memories] = [folderOf(layerPath(dataDirectory, "x")), folderOf(memoryPath(dataDirectory, "x"))];
  return { layers: await stems(files, layers, ".qcow2"), memories: await stems(files, memories, ".img") };
}

/** Removes what was put there at least `ms` milliseconds before `nowMs`. */
export async function emptyQuarantine(
  { files, dataDirectory, clock }: QemuContext,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  for (const path of [layerPath(dataDirectory, "x"), memoryPath(dataDirectory, "x")]) {
    const folder = folderOf(quarantined(path));
    for (const name of await listed(files, folder)) {
      signal.throwIfAborted();
      const status = await files.stat(`${folder}/${name}`);
      if (status && clock.now().getTime() - status.changedMs >= ms) await removeIfThere(files, `${folder}/${name}`);
    }
  }
}

const folderOf = (path: string): string => dirname(path);

async function stems(files: Files, folder: string, suffix: string): Promise<string[]> {
  const names = await listed(files, folder);
  return names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
}

async function listed(files: Files, folder: string): Promise<string[]> {
  return (await files.stat(folder)) === undefined ? [] : files.list(folder);
}
