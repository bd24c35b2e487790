/** A page and all that it loads, as files ready to be served: out of the executable, or bundled now when run from source. */
import { join } from "node:path";
import { findAsset } from "./assets.ts";

export interface PageFile {
  readonly bytes: Uint8Array;
  /** MIME type. */
  readonly type: string;
}

/** By path: `/` is the page; its scripts, styles and icons carry the hash of their content in the name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** In an executable: where its build put the page, and the list of what is there (`PackedFile[]`). */
export const pageFolder = "gui";
export const pageList = "files.json";

export interface PackedFile {
  readonly path: string;
  readonly type: string;
  /** Name in the folder; its content is compressed with zstd. */
  readonly packed: string;
}

/** Throws, from source, what the bundler says. */
export async function readPage(): Promise<PageFiles> {
  const list = findAsset(`${pageFolder}/${pageList}`);
  if (!list) return bundledNow();
  const files = JSON.parse(list.text()) as readonly PackedFile[];
  return new Map(await Promise.all(files.map(unpack)));
}

/** The bundler is no part of an executable, so it is named where none looks for what to put in. */
async function bundledNow(): Promise<PageFiles> {
  const bundler = join(import.meta.dir, "../../build/page-bundle.ts");
  const { bundlePage } = (await import(bundler)) as { bundlePage(): Promise<PageFiles> };
  return bundlePage();
}

async function unpack({ path, type, packed }: PackedFile): Promise<[string, PageFile]> {
  const asset = findAsset(`${pageFolder}/${packed}`);
  if (!asset) throw new Error(`bug: the executable lacks ${path} of its page`);
  const parts: Uint8Array[] = [];
  for await (const part of asset.decompressed()) parts.push(part);
  return [path, { bytes: Buffer.concat(parts), type }];
}
