/** The text of `--cloud-init`; whatever is wrong with it is an error of the line. */
import { UserError } from "../../../errors.ts";
import type { CloudInitText, MultipassContext } from "../context.ts";
import { lineError } from "../stop.ts";

/** Throws `Stop` with exit 1. */
export async function readCloudInit(
  { cloudConfig }: Pick<MultipassContext, "cloudConfig">,
  source: string,
): Promise<CloudInitText["text"]> {
  try {
    return (await cloudConfig(source)).text;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const isFile = source !== "-" && !/^https?:\/\//.test(source);
    const why =
      error.code === "cloud-init-unreadable" && isFile
        ? `bad file: ${source}\nPlease ensure that Multipass can read it.`
        : error.message;
    throw lineError(`Could not load cloud-init configuration: ${why}`);
  }
}
