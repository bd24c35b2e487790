/** Fedora's cloud images, as its list of all releases names them (fedoraproject.org/releases.json). */
import { z } from "zod";
import type { Offer } from "../model/offer.ts";
import { compareVersions, type ImageHost, listingInvalid, type ListOptions } from "./host.ts";

export const fedoraRoot = "https://fedoraproject.org";
const listBytesMax = 8 * 2 ** 20;

const Entry = z.object({
  version: z.string(),
  arch: z.string(),
  link: z.string().max(1_000),
  variant: z.string(),
  subvariant: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.coerce.number().int().positive().optional(),
});
type Entry = z.infer<typeof Entry>;

/** Fedora's words for the architectures. */
const architectures: Readonly<Record<string, string>> = { amd64: "x86_64", arm64: "aarch64" };

export function createFedoraHost(name: string, root: string = fedoraRoot): ImageHost {
  return {
    name,
    root,
    canSign: false,
    claims: (image) => /^fedora(?:-\d+)?$/.test(image),
    async list({ reader, architecture }: ListOptions) {
      const url = `${root}/releases.json`;
      const listing = await reader.read(url, listBytesMax);
      const entries = entriesOf(listing?.text ?? "", url);
      const wanted = entries.filter((entry) => isCloudDisk(entry) && entry.arch === architectures[architecture]);
      const versions = [...new Set(wanted.map(({ version }) => version))].sort(compareVersions).reverse();
      if (versions.length === 0) throw listingInvalid(url, "it has no cloud image of this architecture");
      return versions.map((version) => {
        const [entry] = wanted.filter((each) => each.version === version).sort((a, b) => rank(a) - rank(b));
        return offerOf(entry as Entry, { host: name, root, architecture, isNewest: version === versions[0] });
      });
    },
  };
}

function entriesOf(text: string, url: string): Entry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw listingInvalid(url, "it is not JSON");
  }
  if (!Array.isArray(json)) throw listingInvalid(url, "it is no list");
  return json.flatMap((entry) => Entry.safeParse(entry).data ?? []);
}

/** Whole releases only: `43 Beta` is none. */
const isCloudDisk = ({ version, variant, subvariant, link }: Entry): boolean =>
  /^\d+$/.test(version) && variant === "Cloud" && subvariant === "Cloud_Base" && link.endsWith(".qcow2");

/** The image for every machine before those for one kind of boot. */
const rank = ({ link }: Entry): number => (link.includes("Generic") ? 0 : link.includes("UKI") ? 2 : 1);

function offerOf(
  { version, link, sha256, size }: Entry,
  { host, root, architecture, isNewest }: { host: string; root: string; architecture: string; isNewest: boolean },
): Offer {
  const [, build] = new RegExp(`-${version}-([\\d.]+)\\.`).exec(link) ?? [];
  return {
    host,
    names: [`fedora-${version}`, version, ...(isNewest ? ["fedora"] : [])],
    title: `Fedora ${version}`,
    release: version,
    version: build ?? version,
    architecture,
    url: new URL(link, `${root}/`).href,
    ...(size !== undefined && { bytes: size }),
    digest: `sha256:${sha256}`,
    isSupported: true,
  };
}
