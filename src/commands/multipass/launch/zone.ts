/** The availability zone of a new instance. */
import { failed, lineError } from "../stop.ts";
import { isZone, zoneNames } from "../zones.ts";
import type { UnavailableZones, ZoneName } from "../zones.ts";

/** By its name or its number. Throws `Stop`. */
export function readZone(text: string): ZoneName {
  if (text === "") throw lineError("Error: Empty zone specified with --zone option");
  const zone = /^\d+$/.test(text) ? zoneNames[Number(text) - 1] : text;
  if (zone !== undefined && isZone(zone)) return zone;
  throw failed("launch", `No AZ with name: ${text}`);
}

/** The first one that is there, where none was asked for. Throws `Stop`. */
export function anyZone(unavailable: UnavailableZones): ZoneName {
  const zone = zoneNames.find((name) => !unavailable.has(name));
  if (zone) return zone;
  throw failed("launch", "No AZ is available");
}
