/** What made a launch fail, in the reference's words. */
import { UserError } from "../../../errors.ts";
import { isUrl, splitImage } from "../../../model/image-name.ts";
import { formatSize } from "../../../model/size.ts";
import type { MultipassContext } from "../context.ts";
import { failed } from "../stop.ts";
import { noBridgingText } from "../bridging.ts";
import type { WantedImage } from "./image.ts";

export interface Asked {
  readonly image: WantedImage;
  /** Bytes. */
  readonly disk: number | undefined;
}

/** Every argument that the daemon of the reference would refuse; it tells of the last one. Throws `Stop` when there is one. */
export function refuseArguments(faults: readonly (string | false | undefined)[]): void {
  const last = faults.filter((fault) => typeof fault === "string").at(-1);
  if (last !== undefined) throw failed("launch", `Invalid arguments supplied\n${last}`);
}

export const isImageMissing = (error: unknown): boolean =>
  error instanceof UserError && error.code === "image-not-found";

/** An error to throw instead. */
export async function launchFailure(context: MultipassContext, error: unknown, asked: Asked): Promise<unknown> {
  if (!(error instanceof UserError)) return error;
  const { host = "", name } = wordsOf(asked.image);
  switch (error.code) {
    case "image-not-found":
      return failed("launch", `Unable to find an image matching "${name}" in remote "${host}".`);
    case "image-host-unknown":
      return failed("launch", remoteUnknown(host));
    case "image-host-unreachable":
      return host === "" ? error : failed("launch", remoteUnknown(host));
    case "image-unreadable":
      return asked.image && "file" in asked.image && error.message.endsWith("it does not exist")
        ? failed("launch", noFile(asked.image.file))
        : error;
    case "needs-root":
    case "network-unavailable":
      return failed("launch", noBridgingText(error.message));
    case "interface-not-found":
    case "interface-unusable":
      return failed("launch", `Invalid network options. ${error.message}. See \`multipass networks\` for valid names.`);
    case "disk-too-small":
      return diskTooSmall(context, error, asked);
    default:
      return error;
  }
}

/** An address has no remote. */
function wordsOf(image: WantedImage): ReturnType<typeof splitImage> {
  const name = image && "name" in image ? image.name : "";
  return isUrl(name) ? { host: undefined, name } : splitImage(name);
}

export const noFile = (path: string): string => `Custom image \`${path}\` does not exist.`;

export const remoteUnknown = (remote: string): string =>
  `Remote "${remote}" is unknown or unreachable. If image mirror is enabled, please confirm it is valid.`;

/** The daemon says how large the image is as people read it; the reference says bytes. */
async function diskTooSmall({ api }: MultipassContext, error: UserError, { disk = 0 }: Asked): Promise<unknown> {
  const images = await api.call("image.list", {});
  const image = images.find(({ virtualSize }) => error.message.endsWith(` ${formatSize(virtualSize)}`));
  if (!image) return error;
  return failed("launch", `Requested disk (${disk} bytes) below minimum for this image (${image.virtualSize} bytes)`);
}
