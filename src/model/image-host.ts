/** Image hosts as settings and STRATA_IMAGE_HOSTS name them. */
import { type Hint, UserError, exitCodes } from "../errors.ts";

/** Hosts that strata knows by itself, in the order in which they are asked. */
export const builtInHosts = ["release", "daily", "debian", "fedora"] as const;
export type BuiltInHost = (typeof builtInHosts)[number];
/** The folder `images/` beside the executable, as a host. */
export const folderHost = "folder";
/** An image file that a client sent, in the record of where it came from: no host has this name. */
export const sentHost = "";

export const hostListForm =
  "built-in names (release, daily, debian, fedora), URL or NAME=URL of a simplestreams folder (http, https, file), separated by spaces";

/** What helps where no host can be reached: another place for the images, or the caller's own file. */
export const mirrorHint: Hint = [
  "or",
  "strata set images.mirror=URL (a copy of cloud-images.ubuntu.com), or images.hosts",
];
export const fileForm = "strata launch file:///PATH/OF/IMAGE.qcow2";

export type HostEntry =
  | { readonly kind: "built-in"; readonly name: BuiltInHost }
  | { readonly kind: "simplestreams"; readonly name: string; readonly root: string };

/** One entry of a list of hosts. Throws `image-host-invalid`. */
export function parseHostEntry(text: string): HostEntry {
  const builtIn = builtInHosts.find((name) => name === text);
  if (builtIn) return { kind: "built-in", name: builtIn };
  const [, given, url = text] = /^([a-z][a-z0-9.-]*)=(.*)$/i.exec(text) ?? [];
  if (!isHostUrl(url)) throw invalid(text);
  const { hostname, pathname, protocol, port } = new URL(url);
  const root = url.replace(/\/+$/, "").replace(/\/streams\/v1$/, "");
  const last = pathname.split("/").filter(Boolean).at(-1) ?? "files";
  const name = (given ?? (protocol === "file:" ? last : hostname + (port && `-${port}`))).toLowerCase();
  if (name === folderHost) throw invalid(text);
  return { kind: "simplestreams", name, root };
}

/** Entries separated by spaces or commas. Throws `image-host-invalid`. */
export const parseHostList = (text: string): HostEntry[] =>
  text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(parseHostEntry);

/** An address without user, password, query or fragment: it goes into the log, and paths are added to it. */
export function isHostUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^(?:https?|file):$/.test(protocol) && username + password + search + hash === "";
}

const invalid = (text: string) =>
  new UserError("image-host-invalid", `"${text.replace(/\/\/[^/@]*@/, "//...@")}" is no image host`, {
    exit: exitCodes.usage,
    hints: [["form", hostListForm]],
  });
