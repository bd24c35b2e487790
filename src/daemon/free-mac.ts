/** Hardware addresses of network cards. */
import type { World } from "../events/world.ts";
import type { Ids } from "../sys/ids.ts";

/** Tries at one that nobody holds. */
const triesMax = 50;

/** One that nobody holds; the last try is left to the rules to refuse. */
export function freeMac({ macs }: Pick<World, "macs">, { ids }: { readonly ids: Ids }): string {
  let mac = macFrom(ids.bytes(3));
  for (let tries = 1; tries < triesMax && macs.has(mac); tries++) mac = macFrom(ids.bytes(3));
  return mac;
}

/** QEMU's own range for locally made addresses. */
const macFrom = (bytes: Uint8Array): string =>
  ["52:54:00", ...[...bytes].map((byte) => byte.toString(16).padStart(2, "0"))].join(":");
