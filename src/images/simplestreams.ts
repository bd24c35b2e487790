/** Image hosts that speak simplestreams (Ubuntu's, and our own tree): an index, products, versions, items. Format: the simplestreams project's documentation. */
import { z } from "zod";
import { Offer } from "../model/offer.ts";
import { compareVersions, type ImageHost, isImageName, type ListOptions, listingInvalid } from "./host.ts";

const indexBytesMax = 2 ** 20;
/** Ubuntu's daily list has 3 MB. */
const productsBytesMax = 32 * 2 ** 20;
const listsMax = 8;
const downloads = "image-downloads";

const Index = z.object({
  index: z.record(z.string(), z.object({ datatype: z.string().optional(), path: z.string().max(1_000) })),
});

const Item = z.object({
  ftype: z.string(),
  path: z.string().min(1).max(1_000),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  size: z.int().positive().optional(),
});

const Product = z.object({
  arch: z.string(),
  os: z.string().optional(),
  aliases: z.string().optional(),
  release: z.string().optional(),
  release_title: z.string().optional(),
  version: z.string().optional(),
  supported: z.boolean().optional(),
  versions: z.record(z.string(), z.object({ items: z.record(z.string(), z.unknown()) })),
});
type Product = z.infer<typeof Product>;
const Products = z.object({ products: z.record(z.string(), z.unknown()) });

/** Kinds of files that are a whole disk, the best first: one kernel that fits every machine before one made for KVM alone. */
const diskTypes = ["disk1.img", "uefi1.img", "disk.qcow2", "qcow2", "disk-kvm.img", "disk.img", "img", "raw"];

export function createSimplestreams({ name, root }: Pick<ImageHost, "name" | "root">): ImageHost {
  return {
    name,
    root,
    canSign: true,
    async list(options) {
      const index = await readSigned(`${root}/streams/v1/index`, indexBytesMax, options);
      const { index: lists } = parse(Index, index);
      const paths = Object.values(lists)
        .filter(({ datatype }) => datatype === downloads)
        .map(({ path }) => path.replace(/\.s?json$/, ""))
        .slice(0, listsMax);
      const offers: Offer[] = [];
      for (const path of paths) {
        const list = await readSigned(below(root, path), productsBytesMax, options);
        offers.push(
          ...offersOf(parse(Products, list).products, { host: name, root, signedBy: list.fingerprint }, options),
        );
      }
      return withLts(offers);
    },
  };
}

interface Read {
  readonly url: string;
  readonly text: string;
  readonly fingerprint?: string;
}

/** The file of that name: with a trusted key the signed form and no other, else the plain one, else the signed one as it comes. */
async function readSigned(base: string, bytesMax: number, { reader, verify }: ListOptions): Promise<Read> {
  const signedUrl = `${base}.sjson`;
  if (verify) {
    const signed = await reader.read(signedUrl, bytesMax);
    return { url: signedUrl, ...(await verify(signed?.text ?? "", signedUrl)) };
  }
  const url = `${base}.json`;
  const plain = await reader.read(url, bytesMax);
  if (plain) return { url, text: plain.text };
  const signed = await reader.read(signedUrl, bytesMax);
  if (!signed) throw listingInvalid(url, "there is nothing");
  const [, text = ""] =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^]*?)-----BEGIN PGP SIGNATURE/m.exec(
      signed.text,
    ) ?? [];
  return { url: signedUrl, text: text.replaceAll(/^- /gm, "") };
}

function parse<Shape extends z.ZodType>(shape: Shape, { url, text }: Read): z.infer<Shape> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw listingInvalid(url, "it is not JSON");
  }
  const parsed = shape.safeParse(json);
  if (!parsed.success) throw listingInvalid(url, z.prettifyError(parsed.error).split("\n")[0] ?? "");
  return parsed.data;
}

/** An address below the root. Throws `image-listing-invalid` for one that leads out of it: a list must not name foreign files. */
function below(root: string, path: string): string {
  const url = new URL(path, `${root}/`).href;
  if (url.startsWith(`${root}/`)) return url;
  throw listingInvalid(root, `it names "${path}", which is not below it`);
}

interface Origin {
  readonly host: string;
  readonly root: string;
  readonly signedBy: string | undefined;
}

function offersOf(products: Record<string, unknown>, origin: Origin, { architecture }: ListOptions): Offer[] {
  const known = Object.values(products).map((product) => Product.safeParse(product));
  const readable = known.flatMap(({ data }) => (data ? [data] : []));
  // One product of a kind that we do not know is no harm; nothing but such is no list.
  if (known.length > 0 && readable.length === 0) throw listingInvalid(origin.root, "no product in it can be read");
  return readable.filter(({ arch }) => arch === architecture).flatMap((product) => newestOf(product, origin));
}

function newestOf(product: Product, { host, root, signedBy }: Origin): Offer[] {
  const versions = Object.keys(product.versions).sort(compareVersions).reverse();
  for (const version of versions) {
    const item = diskOf(product.versions[version]?.items ?? {});
    if (!item) continue;
    const release = product.version ?? product.release ?? version;
    const names = namesOf(product);
    if (names.length === 0) return [];
    return [
      Offer.parse({
        host,
        names,
        title: titleOf(product, release),
        release,
        ...(product.release !== undefined && product.release !== release && { codename: product.release }),
        version,
        architecture: product.arch,
        url: below(root, item.path),
        ...(item.size !== undefined && { bytes: item.size }),
        ...(item.sha256 !== undefined && { digest: `sha256:${item.sha256}` }),
        ...(signedBy !== undefined && { signedBy }),
        isSupported: product.supported ?? true,
      }),
    ];
  }
  return [];
}

function diskOf(items: Record<string, unknown>): z.infer<typeof Item> | undefined {
  const known = Object.values(items).flatMap((item) => Item.safeParse(item).data ?? []);
  for (const type of diskTypes) {
    const found = known.find(({ ftype }) => ftype === type);
    if (found) return found;
  }
  return undefined;
}

function namesOf({ aliases = "", version, release }: Product): string[] {
  const given = [...aliases.split(",").map((alias) => alias.trim()), version ?? "", release ?? ""];
  return [...new Set(given)].filter(isImageName).slice(0, 64);
}

function titleOf({ os = "", release_title: title, version }: Product, release: string): string {
  const system = os === "" ? "" : (os[0] ?? "").toUpperCase() + os.slice(1);
  const text = title ?? version ?? release;
  return text.toLowerCase().startsWith(os.toLowerCase()) ? text : `${system} ${text}`;
}

/** `lts` means the newest supported long-term release; a list that says so itself is believed. */
function withLts(offers: readonly Offer[]): Offer[] {
  if (offers.some(({ names }) => names.includes("lts"))) return [...offers];
  const newest = offers
    .filter(({ title, isSupported }) => isSupported && title.endsWith(" LTS"))
    .sort((a, b) => compareVersions(b.release, a.release))[0];
  return offers.map((offer) => (offer === newest ? { ...offer, names: [...offer.names, "lts"] } : offer));
}
