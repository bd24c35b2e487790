/** Packs the window's page for the executable. An HTML import would do that too, but puts the page's source maps in with it, as large as the page. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PackedFile, pageList } from "../src/sys/page-files.ts";
import { bundlePage } from "./page-bundle.ts";

/** The executable is made once, and sent to many. */
const level = 19;

export async function packPage(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const files = [...(await bundlePage())];
  const list = files.map(([path, { type, bytes }], index): PackedFile => {
    const packed = `${index}.zst`;
    writeFileSync(join(directory, packed), Bun.zstdCompressSync(bytes, { level }));
    return { path, type, packed };
  });
  writeFileSync(join(directory, pageList), JSON.stringify(list));
}
