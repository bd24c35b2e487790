/** What `multipass info` says of one snapshot. */
import { humanSize } from "../sizes.ts";
import type { Snapshot } from "../snapshots.ts";
import { mountsField, sourcesJson } from "./mounts.ts";
import type { ShownMount } from "./mounts.ts";
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
    ...pathLines(point.mounts ?? []),
    ["Created:", created],
    ["Parent:", parent ?? nothing],
    ["Children:", child],
    ...more.map((each): [string, string] => ["", each]),
    ["Comment:", comment],
    ...further.map((line): [string, string] => ["", line]),
  ];
}

/** Without their maps. */
function pathLines(mounts: readonly ShownMount[]): [string, string][] {
  if (mounts.length === 0) return [["Mounts:", nothing]];
  return mounts.map(({ source, target }, at) => [at === 0 ? "Mounts:" : "", `${source} => ${target}`]);
}

/** The reference has a size, and never fills it. */
export const snapshotJson = ({ point, parent, children, created }: SnapshotFacts) => ({
  size: "",
  cpu_count: String(point.specs.cpus),
  disk_space: humanSize(point.specs.disk),
  memory_size: humanSize(point.specs.memory),
  mounts: sourcesJson(point.mounts ?? []),
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
  mounts: point.mounts ? sourcesJson(point.mounts) : null,
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
  mountsField(point.mounts ?? []),
  created,
  parent ?? "",
  children.join(";"),
  quotedField(point.comment ?? ""),
];
