/** The hosts that a request may ask: the caller's own, then those of the settings. */
import { exitCodes, UserError } from "../errors.ts";
import { folderHost, type HostEntry, parseHostEntry, parseHostList } from "../model/image-host.ts";
import { createDebianHost, debianRoot } from "./debian.ts";
import { createFedoraHost, fedoraRoot } from "./fedora.ts";
import type { ImageHost } from "./host.ts";
import { createSimplestreams } from "./simplestreams.ts";

export const ubuntuRoot = "https://cloud-images.ubuntu.com";

export interface HostChoice {
  /** Entries of STRATA_IMAGE_HOSTS; they come first, and one of them may take a name over. */
  readonly asked: readonly string[];
  /** `images.*` settings by key. */
  readonly setting: (key: string) => string;
  /** The caller may have files of this machine read: it is whom the daemon runs as. */
  readonly mayReadFiles: boolean;
}

/** Hosts in the order in which they are asked, each name once. Throws `image-host-invalid` and `image-host-refused`. */
export function hostsFor({ asked, setting, mayReadFiles }: HostChoice): ImageHost[] {
  const own = asked.map(parseHostEntry);
  if (!mayReadFiles) own.forEach(refuseFile);
  const hosts = new Map<string, ImageHost>();
  for (const entry of [...own, ...parseHostList(setting("images.hosts"))])
    if (!hosts.has(entry.name)) hosts.set(entry.name, hostOf(entry, setting));
  return [...hosts.values()];
}

/** A daemon opens no path for a caller who might not open it. */
function refuseFile(entry: HostEntry): void {
  if (entry.kind !== "simplestreams" || !entry.root.startsWith("file:")) return;
  throw new UserError("image-host-refused", `the daemon runs as another user and does not read ${entry.root} for you`, {
    exit: exitCodes.refused,
    hints: [["next", `strata set images.hosts="${entry.name}=${entry.root} release daily debian fedora"`]],
  });
}

function hostOf(entry: HostEntry, setting: (key: string) => string): ImageHost {
  if (entry.kind === "simplestreams") return createSimplestreams(entry);
  const { name } = entry;
  const root = (key: string, usual: string) => setting(key).replace(/\/+$/, "") || usual;
  if (name === "debian") return createDebianHost(name, root("images.mirror-debian", debianRoot));
  if (name === "fedora") return createFedoraHost(name, root("images.mirror-fedora", fedoraRoot));
  const ubuntu = root("images.mirror", ubuntuRoot);
  return {
    ...createSimplestreams({ name, root: `${ubuntu}/${name === "release" ? "releases" : "daily"}` }),
    keyFiles: ["/usr/share/keyrings/ubuntu-cloudimage-keyring.gpg"],
  };
}

/** The folder beside the executable as a host. It is as trusted as the executable. */
export const folderAsHost = (directory: string): ImageHost => ({
  ...createSimplestreams({ name: folderHost, root: `file://${encodeURI(directory)}` }),
  canSign: false,
});
