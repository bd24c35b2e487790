/** What a request says about the way out of this machine: the caller's variables, since the daemon's own are those of its start. */
import { z } from "zod";

const hostsMax = 32;
const textMax = 2_048;
const certificatesMax = 512 * 1024;

/** Proxies as the usual variables name them. A proxy's address may hold a password: never in the log, never in an error. */
export const Proxies = z.object({
  /** http_proxy */
  http: z.string().max(textMax).optional(),
  /** https_proxy */
  https: z.string().max(textMax).optional(),
  /** all_proxy */
  all: z.string().max(textMax).optional(),
  /** no_proxy: names, domains, `*`, separated by commas. */
  none: z.string().max(textMax).optional(),
});
export type Proxies = z.infer<typeof Proxies>;

export const Outside = z.object({
  proxies: Proxies,
  /** Content of SSL_CERT_FILE: the certificates that are trusted instead of the system's. */
  certificates: z.string().max(certificatesMax).optional(),
  /** Entries of STRATA_IMAGE_HOSTS. */
  hosts: z.array(z.string().max(textMax)).max(hostsMax),
});
export type Outside = z.infer<typeof Outside>;
