/** Mounts as `multipass info` shows them: those of an instance with their maps, those of a snapshot without. */
import type { Mount } from "../../../model/mount.ts";
import { shownMap } from "../../../model/mount-words.ts";

export type ShownMount = Pick<Mount, "source" | "target" | "uids" | "gids">;

const nothing = "--";

/** The sources in one column, and below each its maps. */
export function mountLines(mounts: readonly ShownMount[]): [string, string][] {
  if (mounts.length === 0) return [["Mounts:", nothing]];
  const width = Math.max(...mounts.map(({ source }) => source.length));
  return mounts.flatMap(({ source, target, uids, gids }, at): [string, string][] => [
    [at === 0 ? "Mounts:" : "", `${source.padEnd(width)} => ${target}`],
    ["", `    UID map: ${uids.map(shownMap).join(", ")}`],
    ["", `    GID map: ${gids.map(shownMap).join(", ")}`],
  ]);
}

export const mountsJson = (mounts: readonly ShownMount[]) =>
  Object.fromEntries(
    mounts.map(({ source, target, uids, gids }) => [
      target,
      { uid_mappings: uids.map(shownMap), gid_mappings: gids.map(shownMap), source_path: source },
    ]),
  );

export const mountsYaml = (mounts: readonly ShownMount[]) => (mounts.length === 0 ? null : mountsJson(mounts));

export const mountsField = (mounts: readonly ShownMount[]): string =>
  mounts.map(({ source, target }) => `${source} => ${target}`).join(";");

/** Of a snapshot. */
export const sourcesJson = (mounts: readonly ShownMount[]) =>
  Object.fromEntries(mounts.map(({ source, target }) => [target, { source_path: source }]));
