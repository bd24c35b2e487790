/**
 * Offers the images of `dist/images` as a simplestreams tree, in the shape of cloud-images.ubuntu.com: an index that names
 * product files, and in them products, versions and items. Any static HTTP server can serve it, and strata reads it.
 */
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianImage, ensureDebianImage } from "./debian.ts";
import { dist, say } from "../tools.ts";
import { ensureTinyImage, tinyImage } from "./tiny.ts";

export interface Product {
  /** `<reversed domain>:<os>:<version>:<architecture>`. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly os: string;
  readonly release: string;
  readonly releaseTitle: string;
  readonly version: string;
}

/** The one file of a product's one version. */
export interface Item {
  /** Relative to the tree's root. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly made: Date;
}

const architecture = "amd64";
const contentId = "com.strata:released:download";
const indexPath = "streams/v1/index.json";
const productsPath = `streams/v1/${contentId}.json`;

const products: readonly (Product & { readonly file: string })[] = [
  {
    id: `com.strata:debian:12:${architecture}`,
    aliases: ["debian", "bookworm", "12", "debian-12", "default"],
    os: "debian",
    release: "bookworm",
    releaseTitle: "12 (bookworm)",
    version: "12",
    file: debianImage,
  },
  {
    id: `com.strata:tiny:1:${architecture}`,
    aliases: ["tiny"],
    os: "tiny",
    release: "tiny",
    releaseTitle: "test guest",
    version: "1",
    file: tinyImage,
  },
];

/** RFC 2822 with a numeric zone, as simplestreams writes times. */
export const streamTime = (time: Date): string => time.toUTCString().replace("GMT", "+0000");

/** `20261127`: a product's version is the day it was made. */
export const versionOf = (made: Date): string => made.toISOString().slice(0, 10).replaceAll("-", "");

export function productsFile(entries: readonly (readonly [Product, Item])[], updated: Date): object {
  return {
    content_id: contentId,
    datatype: "image-downloads",
    format: "products:1.0",
    products: Object.fromEntries(entries.map(([product, item]) => [product.id, productEntry(product, item)])),
    updated: streamTime(updated),
  };
}

function productEntry({ id, aliases, os, release, releaseTitle, version }: Product, item: Item): object {
  const { path, sha256, size, made } = item;
  return {
    aliases: aliases.join(","),
    arch: architecture,
    os,
    release,
    release_title: releaseTitle,
    supported: true,
    version,
    versions: {
      [versionOf(made)]: {
        items: { "disk1.img": { ftype: "disk1.img", path, sha256, size } },
        label: "release",
        pubname: `${id.split(":").slice(1).join("-")}-${versionOf(made)}`,
      },
    },
  };
}

export function indexFile(productIds: readonly string[], updated: Date): object {
  const entry = { datatype: "image-downloads", format: "products:1.0", path: productsPath, products: productIds };
  const time = streamTime(updated);
  return { format: "index:1.0", index: { [contentId]: { ...entry, updated: time } }, updated: time };
}

async function itemOf(root: string, file: string): Promise<Item> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  const { size, mtime } = statSync(file);
  return { path: file.slice(root.length + 1), sha256: hash.digest("hex"), size, made: mtime };
}

/** A reader sees the old file or the new one, never a half. */
function writeWhole(path: string, content: object): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, undefined, 1)}\n`);
  renameSync(`${path}.new`, path);
}

/** Makes the images that are missing and describes them as they are; the index comes last, since it names the rest. */
export async function ensureStreams(): Promise<string> {
  const root = join(dist, "images");
  await Promise.all([ensureDebianImage(), ensureTinyImage()]);
  const entries = await Promise.all(
    products.map(async ({ file, ...product }) => [product, await itemOf(root, file)] as const),
  );
  const updated = new Date(Math.max(...entries.map(([, { made }]) => made.getTime())));
  mkdirSync(join(root, "streams/v1"), { recursive: true });
  writeWhole(join(root, productsPath), productsFile(entries, updated));
  writeWhole(
    join(root, indexPath),
    indexFile(
      products.map(({ id }) => id),
      updated,
    ),
  );
  return root;
}

if (import.meta.main) say(`images      ${await ensureStreams()}`);
