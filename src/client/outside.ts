/** The caller's way out, for requests that may make the daemon fetch something. */
import type { Config } from "../config.ts";
import { UserError, messageOf } from "../errors.ts";
import type { Outside } from "../model/outside.ts";
import { readBounded } from "../sys/image-file.ts";

const certificateBytesMax = 512 * 1024;

/** Throws `certificates-unreadable`. */
export async function readOutside({ imageHosts, proxies, certificatesFile }: Config): Promise<Outside> {
  const way = { hosts: [...imageHosts], proxies };
  if (certificatesFile === undefined) return way;
  try {
    return { ...way, certificates: new TextDecoder().decode(await readBounded(certificatesFile, certificateBytesMax)) };
  } catch (cause) {
    throw new UserError("certificates-unreadable", `SSL_CERT_FILE is ${certificatesFile}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
