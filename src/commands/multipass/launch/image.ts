/** The image that `multipass launch` means, and how it gets to the daemon. */
import type { Input } from "../../../api/contract.ts";
import { isUrl, splitImage } from "../../../model/image-name.ts";
import { sendFile } from "../../send-image.ts";
import type { MultipassContext } from "../context.ts";
import type { Spinner } from "../spinner.ts";
import { failed, lineError } from "../stop.ts";
import { noFile } from "./failure.ts";
import { percentLine } from "./progress.ts";

/** A file of this machine, by its absolute path, or a name or an address that the daemon knows how to get; none: its default. */
export type WantedImage = { readonly file: string } | { readonly name: string } | undefined;
type SentImage = Input<"instance.launch">["image"];

const fileScheme = "file://";
const manyColons = /:.*:/;

/** Throws `Stop` with exit 1. */
export function readImage(word: string | undefined, directory: string): WantedImage {
  if (word?.startsWith(fileScheme)) {
    const path = word.slice(fileScheme.length);
    return { file: path.startsWith("/") ? path : `${directory}/${path}` };
  }
  if (word !== undefined && isUrl(word)) return { name: word };
  if (manyColons.test(word ?? "")) throw lineError("Invalid remote and source image name supplied");
  const { host = "", name } = splitImage(word ?? "");
  // Both words mean the newest long-term release.
  const meant = ["", "default", "ubuntu"].includes(name) ? "lts" : name;
  if (host !== "") return { name: `${host}:${meant}` };
  return name === "" || name === "default" ? undefined : { name: meant };
}

/** The image for the request; a file is read here, and sent unless the daemon has its content. */
export async function sendImage(
  { images, api }: Pick<MultipassContext, "images" | "api">,
  wanted: WantedImage,
  spinner: Spinner,
  signal: AbortSignal,
): Promise<SentImage> {
  if (wanted === undefined || "name" in wanted) return wanted;
  spinner.start("Verifying image");
  const file = await images.read(wanted.file, () => undefined, signal);
  if (!file) throw failed("launch", noFile(wanted.file));
  return sendFile({ images, api }, file, percentLine(spinner, "Retrieving image: "), signal);
}

/** The image whose hash begins so, of those that are here or that remotes offer; undefined: there is none. Throws `Stop` for several. */
export async function imageByHash({ api, outside }: MultipassContext, text: string): Promise<SentImage> {
  const { host = "", name } = splitImage(text);
  const start = name.toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(start)) return undefined;
  const kept = host === "" ? await api.call("image.list", {}) : [];
  const { offers } = await api.call("image.find", {
    text: "",
    ...(host !== "" && { host }),
    force: false,
    outside: await outside(),
  });
  const found = new Map<string, SentImage>();
  for (const offer of offers) found.set(offer.digest?.split(":")[1] ?? "", { name: offer.name });
  for (const image of kept) found.set(image.sha256, { name: image.name, sha256: image.sha256 });
  const [only, ...others] = [...found].filter(([digest]) => digest.startsWith(start));
  if (others.length > 0) throw failed("launch", `Too many images matching "${name}"`);
  return only?.[1];
}
