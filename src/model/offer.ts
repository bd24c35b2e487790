/** An image that a host offers, and the words by which people name images. */
import { z } from "zod";

const nameMax = 200;
const textMax = 2_048;

/** `sha256:` or `sha512:` and lower-case hexadecimal. */
export const Digest = z.string().regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);

export const Offer = z.object({
  /** Name of the host: `release`, `debian`. */
  host: z.string().max(nameMax),
  /** What it answers to there; the first is the one to show. */
  names: z.array(z.string().max(nameMax)).min(1).max(64),
  /** `Ubuntu 24.04 LTS` */
  title: z.string().max(nameMax),
  /** `24.04`, `12` */
  release: z.string().max(nameMax),
  /** `noble` */
  codename: z.string().max(nameMax).optional(),
  /** Of the image, as the host counts them: `20250610`. */
  version: z.string().max(nameMax),
  architecture: z.string().max(nameMax),
  /** http, https or file. */
  url: z.string().max(textMax),
  bytes: z.int().positive().optional(),
  digest: Digest.optional(),
  /** Fingerprint of the key that signed the listing; absent: it was taken as it came. */
  signedBy: z.string().max(nameMax).optional(),
  /** The distribution still looks after it. */
  isSupported: z.boolean(),
});
export type Offer = z.infer<typeof Offer>;

/** What its host said of an image, as an instance keeps it. */
export const Offered = Offer.pick({ host: true, names: true, release: true, codename: true, version: true });
export type Offered = z.infer<typeof Offered>;

export const offeredOf = ({ host, names, release, codename, version }: Offer): Offered => ({
  host,
  names,
  release,
  ...(codename !== undefined && { codename }),
  version,
});

/** Where an image came from, as the log keeps it. */
export const ImageSourceFacts = z.object({
  host: z.string(),
  version: z.string(),
  /** Without query: that may be a signature. */
  url: z.string(),
  digest: Digest.optional(),
  /** ETag or Last-Modified of what was fetched, where no digest was promised. */
  mark: z.string().optional(),
});
export type ImageSourceFacts = z.infer<typeof ImageSourceFacts>;
