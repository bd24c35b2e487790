/** What the words of mount and umount mean, and what is wrong with a mount that is asked for, in the reference's words. */
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
const idMax = 2 ** 32 - 1;

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

/** `1000: [1000:1, 1000:2]` for each id that two maps name; empty: none. */
export function duplicatesIn(maps: readonly IdMap[]): string {
  const sides = [0, 1].map((side) => Object.entries(Object.groupBy(maps, (map) => map[side] ?? 0)));
  return sides
    .flat()
    .filter(([, same = []]) => new Set(same.map(String)).size > 1)
    .map(([id, same = []]) => `${id}: [${same.map((map) => map.join(":")).join(", ")}]`)
    .join(", ");
}

const home = "/home/ubuntu";
const refused = /^(?:\/|\/(?:dev|proc|sys)(?:\/.*)?|\/home|\/home\/ubuntu)$/s;

/** Where in the guest a mount of `source` stands: in the home of its user, unless the path leads from the root. */
export function targetOf(path: string, source: string): string {
  const given = path === "" ? (source.split("/").findLast((part) => part !== "") ?? "") : path;
  const parts: string[] = [];
  for (const part of (given.startsWith("/") ? given : `${home}/${given}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** What is wrong with each place that a folder is to be mounted at. */
export const faultsOf = (places: readonly MountPlace[], source: string, known: readonly InstanceView[]): string[] =>
  places.flatMap(({ instance, path }) => {
    if (!known.some(({ name, state }) => name === instance && state !== "Deleted")) return [noInstance(instance)];
    const target = targetOf(path, source);
    return refused.test(target) ? [`unable to mount to "${target}"`] : [];
  });
