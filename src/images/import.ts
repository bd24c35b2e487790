/** Brings images of the folder into the vault; a file that has not changed since is not read again. */
import type { FolderImage, ImageFolder } from "./folder.ts";
import type { AddOptions, Inspect, StoredImage, Vault } from "./vault.ts";

export interface Importer {
  /** The stored image. Rejects as `Vault.add` does. */
  bring(image: FolderImage, options: Omit<AddOptions, "expectedBytes">, inspect: Inspect): Promise<StoredImage>;
}

/** What tells a changed file without reading it. */
const markOf = ({ bytes, modifiedMs }: FolderImage) => `${bytes} ${modifiedMs}`;

/** Remembers per path, for as long as the daemon runs. */
export function createImporter({
  folder,
  vault,
}: {
  folder: Pick<ImageFolder, "open">;
  vault: Pick<Vault, "add" | "find">;
}): Importer {
  const known = new Map<string, { readonly mark: string; readonly stored: StoredImage }>();
  return {
    bring: async (image, options, inspect) => {
      const seen = known.get(image.path);
      if (seen?.mark === markOf(image) && (await vault.find(seen.stored.sha256))) return seen.stored;
      const source = folder.open(image.path, options.signal);
      const stored = await vault.add(source, { ...options, expectedBytes: image.bytes }, inspect);
      known.set(image.path, { mark: markOf(image), stored });
      return stored;
    },
  };
}
