/** The end of what lies in the quarantine. */
import { dirname, type Files } from "../../sys/files.ts";
import type { QemuContext } from "./context.ts";
import { removeIfThere } from "./layers.ts";
import { layerPath, memoryPath, quarantined } from "./paths.ts";

/** Removes what was put there at least `ms` milliseconds ago. */
export async function emptyQuarantine(
  { files, dataDirectory, clock }: QemuContext,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  for (const path of [layerPath(dataDirectory, "x"), memoryPath(dataDirectory, "x")]) {
    const folder = dirname(quarantined(path));
    for (const name of await listed(files, folder)) {
      signal.throwIfAborted();
      const status = await files.stat(`${folder}/${name}`);
      if (status && clock.now().getTime() - status.changedMs >= ms) await removeIfThere(files, `${folder}/${name}`);
    }
  }
}

async function listed(files: Files, folder: string): Promise<string[]> {
  return (await files.stat(folder)) === undefined ? [] : files.list(folder);
}
