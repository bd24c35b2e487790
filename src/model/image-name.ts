/** The words and addresses by which people name images; apart from the schemas, which a light client need not load. */

export interface ImageWords {
  /** The word before the colon; absent: every host is asked. */
  readonly host: string | undefined;
  readonly name: string;
}

/** `daily:noble`; a name without a host is asked for everywhere. */
export function splitImage(text: string): ImageWords {
  const at = text.indexOf(":");
  return at < 0 ? { host: undefined, name: text } : { host: text.slice(0, at), name: text.slice(at + 1) };
}

/** `http://...`, `https://...`, `file://...` */
export const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The address as it may be shown and kept: without user, password, query and fragment. */
export function shownUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^?#]*).*$/is, "$1$2");
}

/** The machine's name in an address: `cloud-images.ubuntu.com`. */
export const hostOf = (url: string): string =>
  /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url)?.[1] || "this machine";
