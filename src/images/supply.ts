/** Images from anywhere: chooses what a name means, and brings it into the vault, once per content. */
import { exitCodes, UserError } from "../errors.ts";
import { hostOf, isUrl, shownUrl } from "../model/image-name.ts";
import type { ImageSourceFacts, Offer } from "../model/offer.ts";
import type { Outside } from "../model/outside.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import { createCatalog, type Catalog } from "./catalog.ts";
import { type Chosen, chooseImage } from "./choose.ts";
import { createDownloads, type Downloads } from "./download.ts";
import { fileURLToPath } from "./file-url.ts";
import type { ImageFolder } from "./folder.ts";
import type { ImageHost } from "./host.ts";
import { folderAsHost } from "./hosts.ts";
import { createImporter } from "./import.ts";
import type { Inspect, StoredImage, Vault, VaultEntry } from "./vault.ts";
import { createWeb, unreachableCode } from "./web.ts";

type Way = Pick<Outside, "proxies" | "certificates">;

/** Host of an image that was named by its address: no list has it, so its name means what is here. */
export const directHost = "url";

export interface Choosing {
  readonly hosts: readonly ImageHost[];
  readonly outside: Way;
  readonly signal: AbortSignal;
}

export interface Bringing {
  readonly outside: Way;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
  readonly say: (line: string) => void;
  /** All has come, and is unpacked now. */
  readonly extracting: () => void;
  readonly begins: (total: number | undefined, kept: number) => void;
}

/** An image that the vault holds and the log knows. */
export interface KnownImage extends Pick<StoredImage, "sha256" | "bytes" | "virtualSize" | "format"> {
  readonly source?: ImageSourceFacts | undefined;
}

export interface Brought {
  readonly stored: Pick<StoredImage, "sha256" | "bytes" | "virtualSize" | "format">;
  readonly source: ImageSourceFacts;
}

export interface Supply {
  readonly catalog: Catalog;
  readonly folder: ImageHost;
  /** The offer that a name or an address means. Rejects as `chooseImage` does, and with `image-url-invalid`. */
  choose(text: string, options: Choosing): Promise<Chosen>;
  /** Rejects as `Downloads.bring` and `Vault.add` do. */
  bring(offer: Offer, url: string, known: Iterable<KnownImage>, options: Bringing): Promise<Brought>;
  /** Removes what old downloads left. Called once, before anything is brought. */
  collect(): Promise<void>;
}

export interface SupplyPorts {
  /** The vault's. */
  readonly directory: string;
  /** `images/` beside the executable. */
  readonly folderDirectory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly folder: Pick<ImageFolder, "open">;
  readonly architecture: string;
  readonly inspect: Inspect;
  readonly keyrings: (host: ImageHost) => Promise<readonly Uint8Array[]>;
}

export function createSupply(ports: SupplyPorts): Supply {
  const { directory, files, clock, vault } = ports;
  const web = createWeb({ files });
  const catalog = createCatalog({ ...ports, web, directory: `${directory}/catalog` });
  const downloads = createDownloads({ ...ports, web, directory: `${directory}/partial` });
  const importer = createImporter(ports);
  const folder = folderAsHost(ports.folderDirectory);
  return {
    catalog,
    folder,
    collect: () => downloads.collect(),
    choose: async (text, { hosts, outside, signal }) =>
      isUrl(text)
        ? { offer: directOffer(text, ports.architecture), notes: [] }
        : chooseImage(text, { catalog, hosts, folder, outside, signal, nowMs: clock.now().getTime() }),
    async bring(offer, url, known, options) {
      const source = sourceOf(offer);
      const here = await heldAlready(
        { vault, isUnchanged: (image) => isUnchanged(web, url, image, options) },
        offer,
        known,
      );
      if (here)
        return {
          stored: here,
          source: { ...source, ...(here.source?.mark !== undefined && { mark: here.source.mark }) },
        };
      if (url.startsWith("file:")) return { stored: await importFile(importer, ports, offer, known, options), source };
      const { mark, ...stored } = await download(downloads, offer, url, options);
      return { stored, source: { ...source, ...(mark !== undefined && { mark }) } };
    },
  };
}

const sourceOf = ({ host, version, url, digest }: Offer): ImageSourceFacts => ({
  host,
  version,
  url: shownUrl(url),
  ...(digest !== undefined && { digest }),
});

const download = (downloads: Downloads, { digest, bytes }: Offer, url: string, options: Bringing) =>
  downloads.bring({ url, digest, bytes }, options);

interface Held {
  readonly vault: { find(sha256: string): Promise<VaultEntry | undefined> };
  readonly isUnchanged: (image: KnownImage) => Promise<boolean>;
}

/** The image that needs no download: the same digest, or the same address with the same content still behind it. */
async function heldAlready(
  { vault, isUnchanged: unchanged }: Held,
  { digest, url }: Offer,
  known: Iterable<KnownImage>,
): Promise<KnownImage | undefined> {
  for (const image of known) {
    const isSame =
      digest === undefined
        ? image.source?.digest === undefined && image.source?.url === shownUrl(url) && (await unchanged(image))
        : digest === `sha256:${image.sha256}` || digest === image.source?.digest;
    if (isSame && (await vault.find(image.sha256))) return image;
  }
  return undefined;
}

/** Asks the server, by the mark it gave. One that is away cannot say that it changed. */
async function isUnchanged(
  web: ReturnType<typeof createWeb>,
  url: string,
  { source }: KnownImage,
  { outside, signal, say }: Bringing,
): Promise<boolean> {
  const mark = source?.mark;
  if (mark === undefined) return false;
  const headers: Record<string, string> = /^(?:W\/)?"/.test(mark)
    ? { "if-none-match": mark }
    : { "if-modified-since": mark };
  try {
    const answer = await web.get({ url, outside, signal, headers });
    await answer.close();
    return (
      answer.status === 304 ||
      (answer.status === 200 && [answer.header("etag"), answer.header("last-modified")].includes(mark))
    );
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== unreachableCode) throw error;
    say(`${error.message}; the image that came from there before is taken`);
    return true;
  }
}

async function importFile(
  importer: ReturnType<typeof createImporter>,
  { files, vault, inspect }: SupplyPorts,
  offer: Offer,
  known: Iterable<KnownImage>,
  { signal, progress, begins }: Bringing,
): Promise<StoredImage> {
  const path = fileURLToPath(offer.url);
  const status = await files.stat(path);
  if (status?.kind !== "file")
    throw new UserError("image-not-available", `${path} is listed, and there is no such file`);
  begins(status.bytes, 0);
  const [name = ""] = offer.names;
  const stored = await importer.bring(
    { name, title: offer.title, path, bytes: status.bytes, modifiedMs: status.modifiedMs },
    { signal, progress },
    inspect,
  );
  // What a list tells of is the file, which may be compressed.
  const { sha256, packedSha256 = sha256 } = stored;
  if (offer.digest === undefined || offer.digest === `sha256:${packedSha256}`) return stored;
  if (![...known].some((image) => image.sha256 === sha256)) await vault.remove(sha256);
  throw new UserError(
    "image-checksum-mismatch",
    `${path} is not the image that is listed: its sha256 is ${packedSha256.slice(0, 12)}...; nothing is kept`,
  );
}

/** An image behind an address: nothing is known of it but that. Throws `image-url-invalid`. */
function directOffer(text: string, architecture: string): Offer {
  const invalid = (why: string) =>
    new UserError("image-url-invalid", `"${shownUrl(text)}" cannot be fetched: ${why}`, {
      exit: exitCodes.usage,
      hints: [["form", "https://HOST/PATH/IMAGE.qcow2, http://..., or file:///PATH"]],
    });
  if (!URL.canParse(text)) throw invalid("it is no address");
  const { protocol, username, password, pathname, href } = new URL(text);
  if (protocol === "file:") throw invalid("a file is read by the command, not by the daemon");
  if (protocol !== "http:" && protocol !== "https:") throw invalid(`${protocol} is not known`);
  if (username + password !== "") throw invalid("a password in it would be visible to others");
  const file = pathname.split("/").filter(Boolean).at(-1) ?? hostOf(href);
  const name = file.replace(/[^\w.+-]/g, "-").slice(0, 100);
  return {
    host: directHost,
    names: [name],
    title: name,
    release: "",
    version: "",
    architecture,
    url: href,
    isSupported: true,
  };
}
