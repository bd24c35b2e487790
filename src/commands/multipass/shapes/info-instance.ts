/** What `multipass info` says of one instance. What only its guest knows is empty while it is off. */
import { humanSize } from "../sizes.ts";
import { mountLines, mountsField, mountsJson, mountsYaml } from "./mounts.ts";
import type { ShownMount } from "./mounts.ts";
import { zoneRecord, zoneText } from "./zone.ts";
import type { ShownZone } from "./zone.ts";

export interface InstanceFacts {
  readonly name: string;
  readonly state: string;
  readonly zone: ShownZone;
  readonly snapshots: number;
  /** `Ubuntu 24.04 LTS` */
  readonly image: string;
  /** Empty: not known yet. */
  readonly hash: string;
  readonly mounts: readonly ShownMount[];
  readonly live: LiveFacts | undefined;
}

/** What the guest said just now. */
export interface LiveFacts {
  readonly ipv4: readonly string[];
  /** Its own name for what it is; empty: it has none. */
  readonly release: string;
  readonly cpus: number;
  /** `0.03`: over one, five and fifteen minutes. */
  readonly load: readonly string[];
  readonly disk: Amount | undefined;
  readonly memory: Amount | undefined;
}

/** Bytes. */
export interface Amount {
  readonly used: number;
  readonly total: number;
}

const hashShown = 12;
const nothing = "--";

/** Label and text of each line of its card. */
export function instanceLines({
  name,
  state,
  zone,
  snapshots,
  image,
  hash,
  mounts,
  live,
}: InstanceFacts): [string, string][] {
  const [address = nothing, ...more] = live?.ipv4 ?? [];
  return [
    ["Name:", name],
    ["State:", state],
    ["Zone:", zoneText(zone)],
    ["Snapshots:", String(snapshots)],
    ["IPv4:", address],
    ...more.map((each): [string, string] => ["", each]),
    ["Release:", live?.release || nothing],
    ["Image hash:", hash === "" ? "Not Available" : `${hash.slice(0, hashShown)}${image === "" ? "" : ` (${image})`}`],
    ["CPU(s):", live ? String(live.cpus) : nothing],
    ["Load:", live?.load.join(" ") || nothing],
    ["Disk usage:", usageText(live?.disk)],
    ["Memory usage:", usageText(live?.memory)],
    ...mountLines(mounts),
  ];
}

const usageText = (amount: Amount | undefined): string =>
  amount ? `${usageSize(amount.used)} out of ${usageSize(amount.total)}` : nothing;

/** With its decimal, also when that is zero. */
const usageSize = (bytes: number): string => humanSize(bytes).replace(/^(\d+)(?=[KMG])/, "$1.0");

export function instanceJson({ state, zone, snapshots, image, hash, mounts, live }: InstanceFacts) {
  return {
    zone: zoneRecord(zone),
    state,
    image_hash: hash,
    image_release: withoutSystem(image),
    release: live?.release ?? "",
    cpu_count: live ? String(live.cpus) : "",
    snapshot_count: String(snapshots),
    load: live?.load.map(Number) ?? [],
    disks: { sda1: live?.disk ? { used: String(live.disk.used), total: String(live.disk.total) } : {} },
    memory: live?.memory ? { used: live.memory.used, total: live.memory.total } : {},
    ipv4: live?.ipv4 ?? [],
    mounts: mountsJson(mounts),
  };
}

export function instanceYaml({ state, zone, snapshots, image, hash, mounts, live }: InstanceFacts) {
  return {
    state,
    zone: zoneRecord(zone),
    snapshot_count: snapshots,
    image_hash: hash,
    image_release: withoutSystem(image),
    release: live?.release || null,
    cpu_count: live?.cpus ?? null,
    load: live && live.load.length > 0 ? live.load : undefined,
    disks: [{ sda1: { used: live?.disk?.used ?? null, total: live?.disk?.total ?? null } }],
    memory: { usage: live?.memory?.used ?? null, total: live?.memory?.total ?? null },
    ipv4: live?.ipv4 ?? [],
    mounts: mountsYaml(mounts),
  };
}

export const instanceColumns =
  "Name,State,Zone,Zone available,Ipv4,Release,Image hash,Image release,Load,Disk usage,Disk total,Memory usage,Memory total,Mounts,AllIPv4,CPU(s),Snapshots".split(
    ",",
  );

export const instanceFields = ({
  name,
  state,
  zone,
  snapshots,
  image,
  hash,
  mounts,
  live,
}: InstanceFacts): string[] => [
  name,
  state,
  zone.name,
  String(zone.available),
  live?.ipv4[0] ?? "",
  live?.release ?? "",
  hash,
  withoutSystem(image),
  live?.load.join(" ") ?? "",
  String(live?.disk?.used ?? ""),
  String(live?.disk?.total ?? ""),
  String(live?.memory?.used ?? ""),
  String(live?.memory?.total ?? ""),
  mountsField(mounts),
  live?.ipv4.join(";") ?? "",
  String(live?.cpus ?? ""),
  String(snapshots),
];

/** `24.04 LTS` of `Ubuntu 24.04 LTS` */
const withoutSystem = (image: string): string => image.replace(/^(?:Ubuntu|Debian|Fedora)\s+/, "");
