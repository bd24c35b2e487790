/** What `multipass info` says of one snapshot. */
import { humanSize } from "../sizes.ts";
import type { Snapshot } from "../snapshots.ts";
import { quotedField } from "./format.ts";
import { orNothing } from "./snapshots.ts";

export interface SnapshotFacts extends Snapshot {
  /** In the words of this user's time zone. */
  readonly created: string;
}

const nothing = "--";

/** Label and text of each line of its card. */
export function snapshotLines({ instance, point, parent, children, created }: SnapshotFacts): [string, string][] {
  const [child = nothing, ...more] = children;
  const [comment = "", ...further] = (point.comment || nothing).split("\n");
  return [
    ["Snapshot:", point.name],
    ["Instance:", instance],
    ["CPU(s):", String(point.specs.cpus)],
    ["Disk space:", humanSize(point.specs.disk)],
    ["Memory size:", humanSize(point.specs.memory)],
    ["Mounts:", nothing],
    ["Created:", created],
    ["Parent:", parent ?? nothing],
    ["Children:", child],
    ...more.map((each): [string, string] => ["", each]),
    ["Comment:", comment],
    ...further.map((line): [string, string] => ["", line]),
  ];
}

/** The reference has a size, and never fills it. */
export const snapshotJson = ({ point, parent, children, created }: SnapshotFacts) => ({
  size: "",
  cpu_count: String(point.specs.cpus),
  disk_space: humanSize(point.specs.disk),
  memory_size: humanSize(point.specs.memory),
  mounts: {},
  created,
  parent: parent ?? "",
  children,
  comment: point.comment ?? "",
});

export const snapshotYaml = ({ point, parent, children, created }: SnapshotFacts) => ({
  size: null,
  cpu_count: point.specs.cpus,
  disk_space: humanSize(point.specs.disk),
  memory_size: humanSize(point.specs.memory),
  mounts: null,
  created,
  parent: parent ?? null,
  children,
  comment: orNothing(point.comment),
});

export const snapshotColumns =
  "Snapshot,Instance,CPU(s),Disk space,Memory size,Mounts,Created,Parent,Children,Comment".split(",");

export const snapshotFields = ({ instance, point, parent, children, created }: SnapshotFacts): string[] => [
  point.name,
  instance,
  String(point.specs.cpus),
  humanSize(point.specs.disk),
  humanSize(point.specs.memory),
  "",
  created,
  parent ?? "",
  children.join(";"),
  quotedField(point.comment ?? ""),
];
