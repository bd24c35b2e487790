/** Availability zones: three, told apart by a label of their instances. One that is unavailable has its instances off. */
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";

export const zoneNames = ["zone1", "zone2", "zone3"] as const;
export type ZoneName = (typeof zoneNames)[number];

/** Of an instance; without it, it is in the first zone. */
export const zoneLabel = "zone";
/** All zones have their addresses from one network. */
export const zoneSubnet = "10.77.0.0/16";
/** The daemon keeps what is unavailable under this key. */
const zonesKey = "zones.unavailable";

/** Zones that are unavailable, and the ids of the instances to start when they are back. */
export type UnavailableZones = ReadonlyMap<ZoneName, readonly string[]>;

export const isZone = (text: string): text is ZoneName => zoneNames.some((name) => name === text);

export function zoneOf({ labels }: Pick<InstanceView, "labels">): ZoneName {
  const zone = labels?.[zoneLabel] ?? "";
  return isZone(zone) ? zone : zoneNames[0];
}

export async function readZones({ api }: Pick<MultipassContext, "api">): Promise<UnavailableZones> {
  const rows = await api.call("settings.list", { key: zonesKey });
  return parseZones(rows.find(({ key }) => key === zonesKey)?.value ?? "");
}

export async function writeZones(
  { api, newCommand }: Pick<MultipassContext, "api" | "newCommand">,
  zones: UnavailableZones,
): Promise<void> {
  await api.call("settings.set", { command: newCommand(), key: zonesKey, value: formatZones(zones) });
}

/** `zone1 zone3:ID,ID` */
function parseZones(text: string): UnavailableZones {
  const entries = text.split(" ").map((entry) => {
    const [zone = "", ids = ""] = entry.split(":");
    return [zone, ids.split(",").filter(Boolean)] as const;
  });
  return new Map(entries.flatMap(([zone, ids]) => (isZone(zone) ? [[zone, ids]] : [])));
}

const formatZones = (zones: UnavailableZones): string =>
  zoneNames
    .flatMap((zone) => {
      const ids = zones.get(zone);
      return ids === undefined ? [] : [ids.length === 0 ? zone : `${zone}:${ids.join(",")}`];
    })
    .join(" ");
