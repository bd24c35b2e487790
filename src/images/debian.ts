/** Debian's own cloud images: a folder per release, with a file of SHA-512 digests beside the images (cloud.debian.org/images/cloud). */
import type { Offer } from "../model/offer.ts";
import { type ImageHost, type Listing, listingInvalid, type ListOptions } from "./host.ts";

export const debianRoot = "https://cloud.debian.org/images/cloud";
const sumsBytesMax = 2 ** 20;

/** Newest stable first. */
const releases = [
  { codename: "trixie", number: "13" },
  { codename: "bookworm", number: "12" },
  { codename: "bullseye", number: "11" },
] as const;
type Release = (typeof releases)[number];

const namesOf = ({ codename, number }: Release): string[] => [
  `debian-${number}`,
  codename,
  number,
  ...(codename === releases[0].codename ? ["debian"] : []),
];

export function createDebianHost(name: string, root: string = debianRoot): ImageHost {
  return {
    name,
    root,
    canSign: false,
    claims: (image) => releases.some((release) => namesOf(release).includes(image)),
    async list(options) {
      const found = await Promise.all(releases.map((release) => offerOf(release, { name, root }, options)));
      const offers = found.flat();
      if (offers.length === 0) throw listingInvalid(root, "it has none of the releases that are looked for");
      return offers;
    },
  };
}

async function offerOf(
  release: Release,
  { name, root }: Pick<ImageHost, "name" | "root">,
  { reader, architecture }: ListOptions,
): Promise<Offer[]> {
  const folder = `${root}/${release.codename}/latest`;
  const sums = await reader.read(`${folder}/SHA512SUMS`, sumsBytesMax);
  // The kernel for all machines: the one for clouds alone lacks what mounts need.
  const file = `debian-${release.number}-generic-${architecture}.qcow2`;
  const digest = sums && digestOf(sums.text, file);
  if (!sums || digest === undefined) return [];
  return [
    {
      host: name,
      names: namesOf(release),
      title: `Debian ${release.number}`,
      release: release.number,
      codename: release.codename,
      version: versionOf(sums, digest),
      architecture,
      url: `${folder}/${file}`,
      digest: `sha512:${digest}`,
      isSupported: true,
    },
  ];
}

/** `<digest>  <file>` lines, as sha512sum writes them. */
function digestOf(sums: string, file: string): string | undefined {
  for (const line of sums.split("\n")) {
    const [, digest, name] = /^([0-9a-f]{128}) [ *](.+?)\s*$/.exec(line) ?? [];
    if (name === file) return digest;
  }
  return undefined;
}

/** The folder `latest` has no version of its own: the day it was filled, else the beginning of the digest. */
function versionOf({ modified }: Listing, digest: string): string {
  const ms = Date.parse(modified ?? "");
  return Number.isNaN(ms) ? digest.slice(0, 12) : new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
}
