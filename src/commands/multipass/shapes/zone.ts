/** The zone of an instance as answers show it. */
import type { InstanceView } from "../../../model/view.ts";
import { zoneOf } from "../zones.ts";
import type { UnavailableZones } from "../zones.ts";

export interface ShownZone {
  readonly name: string;
  readonly available: boolean;
}

export function shownZone(view: InstanceView, zones: UnavailableZones): ShownZone {
  const name = zoneOf(view);
  return { name, available: !zones.has(name) };
}

/** `zone2(n/a)` when it is unavailable. */
export const zoneText = ({ name, available }: ShownZone): string => (available ? name : `${name}(n/a)`);
/** For JSON and YAML. */
export const zoneRecord = ({ name, available }: ShownZone): { name: string; available: boolean } => ({
  name,
  available,
});
