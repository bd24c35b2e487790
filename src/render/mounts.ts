/** Mounts of an instance, as people and programs read them. */
import type { MountView } from "../model/mount.ts";
import { shownMap } from "../model/mount-words.ts";
import { printable } from "./text.ts";
import type { JsonObject } from "./view.ts";

/** The reference's keys, and our own. */
export function mountRecord({ source, type, readOnly, uids, gids, state, degraded }: MountView): JsonObject {
  return {
    source_path: source,
    uid_mappings: uids.map(shownMap),
    gid_mappings: gids.map(shownMap),
    type,
    read_only: readOnly,
    state,
    ...(degraded && { degraded }),
  };
}

/** `/src => /home/ubuntu/src   classic, active` */
export function mountLine({ source, target, type, readOnly, state, degraded }: MountView): string {
  const words = [type, ...(readOnly ? ["read-only"] : []), state].join(", ");
  const why = state === "degraded" && degraded ? `: ${degraded.reason}` : "";
  return `${printable(source)} => ${printable(target)}   ${words}${why}`;
}
