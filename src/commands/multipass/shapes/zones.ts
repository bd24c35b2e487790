/** `multipass zones` in its shapes. */
import { zoneNames, zoneSubnet } from "../zones.ts";
import type { UnavailableZones } from "../zones.ts";
import type { Shapes } from "./format.ts";
import { columns, csvText } from "./format.ts";

export function zonesShapes(unavailable: UnavailableZones): Shapes {
  const zones = zoneNames.map((name) => ({ name, available: !unavailable.has(name) }));
  const record = () =>
    Object.fromEntries(zones.map(({ name, available }) => [name, { available, subnet: zoneSubnet }]));
  return {
    table: () =>
      columns([
        ["Name", "State"],
        ...zones.map(({ name, available }) => [name, available ? "Available" : "Unavailable"]),
      ]),
    json: record,
    csv: () =>
      csvText([
        ["Name", "Available", "Subnet"],
        ...zones.map(({ name, available }) => [name, String(available), zoneSubnet]),
      ]),
    yaml: record,
  };
}
