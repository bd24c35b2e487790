/** Where Multipass keeps what: its storage folder, and the settings and aliases beside it. */
import { UserError, exitCodes } from "../../errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export const instancesFile = "multipassd-vm-instances.json";
export const imagesFile = "vault/multipassd-instance-image-records.json";
export const diskFolder = (directory: string, name: string): string => `${directory}/vault/instances/${name}`;

/** The storage that the environment names, then those of its packages. */
export function storagePlaces(environment: Environment): string[] {
  const own = environment["MULTIPASS_STORAGE"];
  return [
    ...(own ? [`${own}/data`] : []),
    "/var/snap/multipass/common/data/multipassd",
    "/root/.local/share/multipassd",
    "/var/root/Library/Application Support/multipassd",
  ];
}

/** Folders that may be meant by one: itself, with what `MULTIPASS_STORAGE` and macOS have below. */
export const foldersIn = (directory: string): string[] =>
  ["", "/qemu", "/data", "/data/qemu"].map((below) => directory + below);

/** The daemon's settings for a storage; undefined: nobody knows where they are. */
export function settingsPlace(directory: string, environment: Environment): string | undefined {
  const folders = {
    "/var/snap/multipass/": "/var/snap/multipass/current/config",
    "/root/.local/share/": "/root/.config",
  };
  const known = Object.entries(folders).find(([beginning]) => directory.startsWith(beginning))?.[1];
  const folder = environment["DAEMON_CONFIG_HOME"] || known;
  return folder === undefined ? undefined : `${folder}/multipassd/multipassd.conf`;
}

/** The aliases of whoever calls. */
export function aliasesPlace(environment: Environment): string | undefined {
  const home = environment["HOME"];
  const folder = environment["XDG_CONFIG_HOME"] || (home ? `${home}/.config` : undefined);
  return folder === undefined ? undefined : `${folder}/multipass/multipass_aliases.json`;
}

export function noStorage(directory: string | undefined): UserError {
  const what =
    directory === undefined
      ? "no storage of Multipass was found on this machine"
      : `${directory} is no storage of Multipass: there is no ${instancesFile} in it`;
  return new UserError("storage-not-found", what, {
    exit: exitCodes.failed,
    hints: [["form", "strata import --from multipass /var/snap/multipass/common/data/multipassd"]],
  });
}

/** What root keeps, only root may read. */
export const closedStorage = (directory: string, cause: unknown): UserError =>
  new UserError("storage-unreadable", `you may not read ${directory}`, {
    exit: exitCodes.refused,
    cause,
    hints: [["next", "sudo strata import --from multipass"]],
  });

/** The last name of a path, on whatever system it was written. */
export const lastName = (path: string): string => path.split(/[\\/]/).at(-1) ?? "";
