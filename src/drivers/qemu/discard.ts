/** Removes layers and memories: at once, or into a quarantine first. */
import { UserError } from "../../errors.ts";
import { dirname } from "../../sys/files.ts";
import type { Files } from "../../sys/files.ts";
import type { QemuContext } from "./context.ts";
import { readLayerHeader } from "./layer-header.ts";
import { removeIfThere } from "./layers.ts";
import { partialOf, removeMemory } from "./memories.ts";
import { layerPath, memoryPath, parentNamed, quarantined } from "./paths.ts";

export interface Discarded {
  readonly layers: readonly string[];
  readonly memories: readonly string[];
  readonly quarantine: boolean;
}

const layerFile = /^(.+)\.qcow2$/;

/** Throws `layer-in-use`, and removes nothing, when another layer stands on one of them. Missing already: confirms. */
export function discard(context: QemuContext, { layers, memories, quarantine }: Discarded): Promise<void> {
  const { files, dataDirectory, layerTurns } = context;
  return layerTurns(async () => {
    await checkUnused(context, new Set(layers));
    const paths = [
      ...layers.map((layer) => layerPath(dataDirectory, layer)),
      ...memories.map((memory) => memoryPath(dataDirectory, memory)),
    ];
    for (const path of paths) await (quarantine ? setAside(files, path) : removeBoth(files, path));
  });
}

/** Whoever counts references may be mistaken; the layers themselves are not. */
async function checkUnused(context: QemuContext, going: ReadonlySet<string>): Promise<void> {
  const { files, dataDirectory } = context;
  if (going.size === 0) return;
  const folder = `${dataDirectory}/layers`;
  const names = (await files.stat(folder)) === undefined ? [] : await files.list(folder);
  for (const name of names) {
    const layer = layerFile.exec(name)?.[1];
    if (layer === undefined || going.has(layer)) continue;
    const parent = await parentIn(context, `${folder}/${name}`);
    if (parent !== undefined && going.has(parent))
      throw new UserError("layer-in-use", `layer ${layer} stands on layer ${parent}, which therefore stays`);
  }
}

/** One that is damaged cannot be opened by anybody, so that it needs nothing. */
async function parentIn({ files, dataDirectory }: QemuContext, path: string): Promise<string | undefined> {
  try {
    const parent = parentNamed(dataDirectory, (await readLayerHeader(files, path)).backing);
    return "layer" in parent ? parent.layer : undefined;
  } catch (error) {
    if (error instanceof UserError && error.code === "layer-damaged") return undefined;
    throw error;
  }
}

async function setAside(files: Files, path: string): Promise<void> {
  // Memory that was not written to its end is of no use to anybody.
  await removeIfThere(files, partialOf(path));
  if ((await files.stat(path)) === undefined) return;
  const aside = quarantined(path);
  await files.makeDirectory(dirname(aside), 0o700);
  await files.rename(path, aside);
  for (const each of [aside, path]) await files.syncDirectory(dirname(each));
}

async function removeBoth(files: Files, path: string): Promise<void> {
  for (const each of [path, quarantined(path)]) await removeMemory(files, each);
}
