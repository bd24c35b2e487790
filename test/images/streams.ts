/** A small simplestreams tree in the shape of Ubuntu's, for a test server. */
import type { Served } from "./server.ts";

export interface StreamProduct {
  readonly name?: string;
  readonly arch?: string;
  readonly os?: string;
  readonly aliases: string;
  readonly release: string;
  readonly title: string;
  readonly version: string;
  readonly supported?: boolean;
  /** Version of the image -> kind of file -> item. */
  readonly versions: Record<string, Record<string, { path: string; sha256?: string; size?: number }>>;
}

const ubuntu = (version: string, release: string, more: Partial<StreamProduct> = {}): StreamProduct => ({
  aliases: `${version},${release}`,
  release,
  title: version,
  version,
  versions: {
    "20251101": { "disk1.img": item(release, "20251101") },
    "20251102.1": { "disk1.img": item(release, "20251102.1"), squashfs: { path: "x.squashfs" } },
    "20251102": { "disk1.img": item(release, "20251102") },
  },
  ...more,
});
const item = (release: string, version: string) => ({
  path: `server/${release}/${version}/disk1.img`,
  sha256: release === "noble" ? "1".repeat(64) : "2".repeat(64),
  size: 600_000_000,
});

export const ubuntuProducts: readonly StreamProduct[] = [
  ubuntu("9.10", "karmic", { supported: false, title: "9.10" }),
  ubuntu("22.04", "jammy", { title: "22.04 LTS" }),
  ubuntu("24.04", "noble", { title: "24.04 LTS", aliases: "24.04,default,lts,n,noble" }),
  ubuntu("25.10", "questing"),
  ubuntu("24.04", "noble", { name: "arm", arch: "arm64", title: "24.04 LTS", aliases: "24.04,arm-only" }),
];

/** Texts of the index and of the list, by path below the root. */
export function streamTexts(products: readonly StreamProduct[]): { index: string; list: string } {
  const index = {
    format: "index:1.0",
    index: {
      "com.ubuntu.cloud:released:aws": { datatype: "image-ids", path: "streams/v1/aws.json", format: "products:1.0" },
      "com.ubuntu.cloud:released:download": {
        datatype: "image-downloads",
        path: "streams/v1/com.ubuntu.cloud:released:download.json",
        format: "products:1.0",
      },
    },
  };
  const entries = products.map(
    ({ name, arch = "amd64", os = "ubuntu", title, supported = true, versions, ...product }) => [
      `com.ubuntu.cloud:server:${name ?? ""}${product.version}:${arch}`,
      {
        ...product,
        arch,
        os,
        release_title: title,
        supported,
        versions: Object.fromEntries(
          Object.entries(versions).map(([version, items]) => [
            version,
            { items: Object.fromEntries(Object.entries(items).map(([ftype, each]) => [ftype, { ftype, ...each }])) },
          ]),
        ),
      },
    ],
  );
  return {
    index: JSON.stringify(index),
    list: JSON.stringify({
      format: "products:1.0",
      datatype: "image-downloads",
      products: Object.fromEntries(entries),
    }),
  };
}

const listPath = "com.ubuntu.cloud:released:download";

/** Files of a server whose root is at `path`; `sign` makes the signed form beside the plain one. */
export async function streamFiles(
  path: string,
  products: readonly StreamProduct[] = ubuntuProducts,
  sign?: (text: string) => Promise<string>,
): Promise<Record<string, Served>> {
  const { index, list } = streamTexts(products);
  return {
    [`${path}/streams/v1/index.json`]: { body: index },
    [`${path}/streams/v1/${listPath}.json`]: { body: list },
    ...(sign && {
      [`${path}/streams/v1/index.sjson`]: { body: await sign(index) },
      [`${path}/streams/v1/${listPath}.sjson`]: { body: await sign(list) },
    }),
  };
}
