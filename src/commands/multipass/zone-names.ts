/** Which zones a line of enable-zones or disable-zones means. */
import { namesOrAll } from "./instances.ts";
import { failed } from "./stop.ts";
import { isZone, zoneNames } from "./zones.ts";
import type { ZoneName } from "./zones.ts";

export const zoneArguments = [{ name: "zone", about: "Names of zones" }] as const;
export const zoneSyntax = "<zone> [<zone> ...]";

export interface WantedZones {
  readonly zones: readonly ZoneName[];
  /** `zone1, zone2`, or `all zones`. */
  readonly listed: string;
  /** `Zone disabled: zone1`, `All zones disabled` */
  done(how: "enabled" | "disabled"): string;
}

/** Throws `Stop`. */
export function wantedZones(verb: string, words: readonly string[], options: { readonly all: boolean }): WantedZones {
  const names = namesOrAll(words, options);
  if (names === undefined) return { zones: zoneNames, listed: "all zones", done: (how) => `All zones ${how}` };
  const zones = names.filter(isZone);
  const unknown = names.find((name) => !isZone(name));
  if (unknown !== undefined) throw failed(verb, `No AZ with name: ${unknown}`);
  const listed = zones.join(", ");
  return { zones, listed, done: (how) => `Zone${zones.length === 1 ? "" : "s"} ${how}: ${listed}` };
}

/** `zone1, zone2 and zone3` */
export const inWords = (zones: readonly string[]): string =>
  [zones.slice(0, -1).join(", "), ...zones.slice(-1)].filter(Boolean).join(" and ");
