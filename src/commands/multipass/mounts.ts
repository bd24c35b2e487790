/** What the words of mount and umount mean, and what is wrong with a mount that is asked for, in the reference's words. */
import { idMax, isRefused, targetOf } from "../../model/mount-words.ts";
import type { InstanceView } from "../../model/view.ts";
import { lineError } from "./stop.ts";

/** `web:/src`: a place in an instance. */
export interface MountPlace {
  readonly instance: string;
  /** Empty: none is named. */
  readonly path: string;
}

export const noInstance = (name: string): string => `instance '${name}' does not exist`;

export const mountsDisabled =
  "Mounts are disabled on this installation of Multipass.\n\nSee https://multipass.run/docs/set-command#local.privileged-mounts for information\non how to enable them.";

/** Colons in a row count as one. */
export function placeOf(word: string): MountPlace {
  const [instance = "", ...path] = word.split(":").filter((part) => part !== "");
  return { instance, path: path.join(":") };
}

export type IdMap = readonly [host: number, instance: number];

/** A map of `--uid-map` or `--gid-map`. Throws `Stop`. */
export function parseIdMap(text: string, kind: "UID" | "GID"): IdMap {
  const ids = /^(\d+):(\d+)$/.exec(text)?.slice(1);
  if (!ids) throw lineError(`Invalid ${kind} map given: ${text}`);
  const [host = 0, instance = 0] = ids.map((id) => {
    if (Number(id) > idMax) throw lineError(`${id} is an invalid id`);
    return Number(id);
  });
  return [host, instance];
}

/** Of the user of an instance. */
const home = "/home/ubuntu";

export const targetIn = (path: string, source: string): string => targetOf(path, source, home);

/** What is wrong with each place that a folder is to be mounted at. */
export const faultsOf = (places: readonly MountPlace[], source: string, known: readonly InstanceView[]): string[] =>
  places.flatMap(({ instance, path }) => {
    const view = known.find(({ name, state }) => name === instance && state !== "Deleted");
    if (!view) return [noInstance(instance)];
    const target = targetIn(path, source);
    if (isRefused(target, home)) return [`unable to mount to "${target}"`];
    const isThere = view.mounts?.some((mount) => mount.target === target);
    return isThere ? [`"${target}" is already mounted in '${instance}'`] : [];
  });
