/** The way out of a daemon that nobody told another: the one of the environment it was started with. */
import type { Config } from "../config.ts";
import { UserError } from "../errors.ts";
import type { Outside } from "../model/outside.ts";
import type { Files } from "../sys/files.ts";

/** Throws `certificates-unreadable`. */
export async function ownWay(
  { proxies, certificatesFile }: Config,
  files: Files,
): Promise<Pick<Outside, "proxies" | "certificates">> {
  if (certificatesFile === undefined) return { proxies };
  try {
    return { proxies, certificates: new TextDecoder().decode(await files.read(certificatesFile)) };
  } catch (cause) {
    throw new UserError("certificates-unreadable", `SSL_CERT_FILE is ${certificatesFile}, which cannot be read`, {
      cause,
    });
  }
}
