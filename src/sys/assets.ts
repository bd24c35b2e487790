/** Files that the build put into the executable; run from source there are none. */
import { existsSync, readFileSync } from "node:fs";

export interface Asset {
  text(): string;
  /** The content without its zstd compression, in pieces. */
  decompressed(): AsyncIterable<Uint8Array>;
}

/** `name` is relative to what `build/compile.ts` embeds, for example `carried/qemu.json`. */
export function findAsset(name: string): Asset | undefined {
  if (!Bun.isStandaloneExecutable) return undefined;
  // The virtual folder that the bundle of a compiled executable lives in.
  const path = `${import.meta.dir}/${name}`;
  if (!existsSync(path)) return undefined;
  return {
    text: () => readFileSync(path, "utf8"),
    decompressed: () => Bun.file(path).stream().pipeThrough(new DecompressionStream("zstd")),
  };
}
