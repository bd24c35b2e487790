/** What every kind of image host is: a place that lists what it offers. Naive on purpose: caching, choosing and downloading are done once, outside. */
import type { Offer } from "../model/offer.ts";
import { UserError } from "../errors.ts";

/** Reads a host's listings, over HTTP or from a folder. */
export interface ListingReader {
  /**
   * The text at an address; undefined when the host answers that there is none. Rejects with `image-host-unreachable` or
   * `image-listing-invalid` (more than `bytesMax`).
   */
  read(url: string, bytesMax: number): Promise<Listing | undefined>;
}

export interface Listing {
  readonly text: string;
  /** When the host says it was changed, as it says it. */
  readonly modified?: string;
}

/** Checks a clear-signed text and gives what was signed. Rejects with `image-signature-invalid`. */
export type Verify = (text: string, url: string) => Promise<{ readonly text: string; readonly fingerprint: string }>;

export interface ListOptions {
  readonly reader: ListingReader;
  /** As Debian names it: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Absent: no key is trusted, and a listing is taken as it comes. */
  readonly verify?: Verify;
}

export interface ImageHost {
  /** The word before the colon: `daily`. */
  readonly name: string;
  /** The address that all of its listings begin with; without a closing slash. */
  readonly root: string;
  /** Does the bare name mean this host and no later one? Hosts without it may have any name. */
  readonly claims?: (name: string) => boolean;
  /** The listing can be signed, so that a trusted key makes a signature necessary. */
  readonly canSign: boolean;
  /** Keyrings that its distribution installs; those that are there are trusted with its lists. */
  readonly keyFiles?: readonly string[];
  /** The newest image of each release for this architecture. Rejects as its parts do, and with `image-listing-invalid`. */
  list(options: ListOptions): Promise<Offer[]>;
}

export const listingInvalidCode = "image-listing-invalid";

export const listingInvalid = (url: string, why: string): UserError =>
  new UserError(listingInvalidCode, `${url} is no list of images: ${why}`);

/** A name that can be typed and shown; hosts may list stranger ones. */
export const isImageName = (name: string): boolean => /^[A-Za-z0-9][\w.+-]{0,99}$/.test(name);

/** Orders `9.10` before `24.04` and `20240423` before `20240423.1`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(/[.-]/), b.split(/[.-]/)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [one, other] = [left[index] ?? "", right[index] ?? ""];
    const difference = Number(one) - Number(other);
    if (Number.isFinite(difference) && difference !== 0) return difference;
    if (one !== other && !Number.isFinite(difference)) return one < other ? -1 : 1;
  }
  return 0;
}
