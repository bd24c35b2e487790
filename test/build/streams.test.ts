/** The image tree beside the executable: its two kinds of file, and whether what they promise is there. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { indexFile, productsFile, streamTime, versionOf } from "../../build/images/streams.ts";
import { dist } from "../../build/tools.ts";

const made = new Date("2026-11-07T09:08:07Z");
const product = {
  id: "com.strata:debian:12:amd64",
  aliases: ["debian", "12"],
  os: "debian",
  release: "bookworm",
  releaseTitle: "12 (bookworm)",
  version: "12",
};

test("times are as in RFC 2822, and a version is the day", () => {
  expect(streamTime(made)).toBe("Sat, 07 Nov 2026 09:08:07 +0000");
  expect(versionOf(made)).toBe("20261107");
});

test("the index names the product file and what is in it", () => {
  const path = "streams/v1/com.strata:released:download.json";
  const updated = "Sat, 07 Nov 2026 09:08:07 +0000";
  const entry = { datatype: "image-downloads", format: "products:1.0", path, products: [product.id], updated };
  expect(indexFile([product.id], made)).toEqual({
    format: "index:1.0",
    index: { "com.strata:released:download": entry },
    updated,
  });
});

test("a product has one version with one disk", () => {
  const item = { path: "debian.qcow2", sha256: "a".repeat(64), size: 7, made };
  expect(productsFile([[product, item]], made)).toEqual({
    content_id: "com.strata:released:download",
    datatype: "image-downloads",
    format: "products:1.0",
    updated: "Sat, 07 Nov 2026 09:08:07 +0000",
    products: {
      [product.id]: {
        aliases: "debian,12",
        arch: "amd64",
        os: "debian",
        release: "bookworm",
        release_title: "12 (bookworm)",
        supported: true,
        version: "12",
        versions: {
          "20261107": {
            items: {
              "disk1.img": { ftype: "disk1.img", path: "debian.qcow2", sha256: "a".repeat(64), size: 7 },
            },
            label: "release",
            pubname: "debian-12-amd64-20261107",
          },
        },
      },
    },
  });
});

interface Disk {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

interface Listed {
  readonly products: Record<string, { aliases: string; versions: Record<string, { items: Record<string, Disk> }> }>;
}

test("the tree on disk keeps what it promises", () => {
  const root = join(dist, "images");
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
  const [entry, ...others] = Object.values<{ path: string; products: string[] }>(read("streams/v1/index.json").index);
  expect(others).toEqual([]);
  const { products }: Listed = read(entry?.path ?? "");
  expect(Object.keys(products)).toEqual(["com.strata:debian:12:amd64", "com.strata:tiny:1:amd64"]);
  expect(Object.keys(products)).toEqual(entry?.products ?? []);
  const aliases = Object.values(products).flatMap((one) => one.aliases.split(","));
  expect(new Set(aliases).size).toBe(aliases.length);
  for (const { versions } of Object.values(products)) {
    const [disk, ...rest] = Object.values(versions).flatMap(({ items }) => Object.values(items));
    const content = readFileSync(join(root, disk?.path ?? ""));
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect([rest, disk?.size, disk?.sha256]).toEqual([[], content.length, sha256]);
  }
});
