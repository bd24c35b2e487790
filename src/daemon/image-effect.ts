/** The step that brings the image: from the vault, the folder beside the executable, or a host. */
import { UserError } from "../errors.ts";
import type { ImageState } from "../events/image/image.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import { placeOf, shownName } from "../images/choose.ts";
import type { ImageFolder } from "../images/folder.ts";
import { createImporter, type Importer } from "../images/import.ts";
import type { Offer } from "../model/offer.ts";
import type { Progress } from "../model/operation.ts";
import { formatSize } from "../model/size.ts";
import type { Clock } from "../sys/clock.ts";
import type { EffectsOptions } from "./effects.ts";
import type { Order } from "./orders.ts";
import type { Effect } from "./reactor.ts";

/** From the image to the guest's answer, unless the operation's own time is shorter. */
const afterImageMs = 600_000;

export function createImageEffect(options: EffectsOptions): Effect {
  const importer = createImporter(options);
  return async (instance, operation, signal, progress) => {
    const { offer } = instance.image;
    const order = await options.orders.of(operation.id);
    for (const text of order.notes) progress({ kind: "note", label: "image", text });
    if (!offer) return { step: "image", ...(await findImage(options, importer, instance, signal, progress)) };
    const brought = await bringOffer(options, offer, order, signal, progress);
    return { step: "image", ...brought, deadline: deadlineAfterImage(operation, options.clock) };
  };
}

async function findImage(
  { vault, folder, images, driver }: EffectsOptions,
  importer: Importer,
  instance: InstanceState,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
) {
  const { name, sha256 } = instance.image;
  const known = sha256 === undefined ? undefined : images().get(sha256);
  if (known && (await vault.find(known.sha256))) return imageFacts(known);
  if (sha256 !== undefined)
    throw new UserError("image-not-found", `the image ${sha256.slice(0, 12)} is not in the vault`, {
      hints: [["next", "launch it again from its file"]],
    });
  const found = await folder.find(name);
  if (!found) throw await imageNotFound(folder, name);
  const report = (done: number, total: number) => progress({ kind: "bytes", step: "image", done, total });
  const stored = await importer.bring(found, { signal, progress: report }, driver.images.inspect);
  return {
    name,
    title: found.title,
    sha256: stored.sha256,
    bytes: stored.bytes,
    virtualSize: stored.virtualSize,
    format: stored.format,
  };
}

/** A guest that does not answer is not waited for as long as a slow line may take: what the download left of its time goes. */
function deadlineAfterImage({ deadline }: PendingOperation, clock: Clock): string {
  const usual = new Date(clock.now().getTime() + afterImageMs).toISOString();
  return deadline < usual ? deadline : usual;
}

const imageFacts = ({ name, title, sha256, bytes, virtualSize, format, source }: ImageState) => ({
  name,
  title,
  sha256,
  bytes,
  virtualSize,
  format,
  ...(source !== undefined && { source }),
});

/** An image that a host offers: from the vault when it is there, else fetched, its place and size said first. */
async function bringOffer(
  { supply, images }: EffectsOptions,
  offer: Offer,
  order: Order,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
) {
  const say = (text: string) => progress({ kind: "note", label: "image", text });
  let isFetched = false;
  const { stored, source } = await supply.bring(offer, order.url ?? offer.url, images().values(), {
    outside: order.outside,
    signal,
    say,
    extracting: () => progress({ kind: "step", step: "image", detail: "extracting" }),
    begins: (total, kept) => {
      isFetched = true;
      const size = total === undefined ? "" : `, ${formatSize(total)}`;
      say(`${offer.title}${size} from ${placeOf(offer)}${kept > 0 ? `, going on at ${formatSize(kept)}` : ""}`);
    },
    progress: (done, total) => progress({ kind: "bytes", step: "image", done, total }),
  });
  const { sha256, bytes, virtualSize, format } = stored;
  return {
    name: shownName(offer),
    title: offer.title,
    sha256,
    bytes,
    virtualSize,
    format,
    source,
    checked: isFetched ? checkedBy(offer) : "here already",
  };
}

/** What stands behind the content: no more than was checked. */
function checkedBy({ digest, signedBy, url }: Offer): string {
  if (digest === undefined)
    return url.startsWith("https:")
      ? "not verified: no checksum is known"
      : "not verified: no checksum is known, and not https";
  const [algorithm = ""] = digest.split(":");
  return `verified (${algorithm}${signedBy === undefined ? "" : `, list signed by ${signedBy.slice(-16)}`})`;
}

/** The error for a name that the image folder does not have. */
export async function imageNotFound(folder: Pick<ImageFolder, "names">, name: string): Promise<UserError> {
  const names = await folder.names();
  return new UserError("image-not-found", `no image "${name}"`, {
    hints: [
      ["there are", names.length > 0 ? names.join(", ") : "none in images/ beside the executable"],
      ["next", "strata launch ./FILE.qcow2"],
    ],
  });
}
