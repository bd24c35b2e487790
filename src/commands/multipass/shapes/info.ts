/** `multipass info` in its shapes: instances, and snapshots, which are in the same answer. */
import { csvText } from "./format.ts";
import type { Shapes } from "./format.ts";
import { instanceColumns, instanceFields, instanceJson, instanceLines, instanceYaml } from "./info-instance.ts";
import type { InstanceFacts } from "./info-instance.ts";
import { snapshotColumns, snapshotFields, snapshotJson, snapshotLines, snapshotYaml } from "./info-snapshot.ts";
import type { SnapshotFacts } from "./info-snapshot.ts";
import { byInstance } from "./order.ts";
import { grouped } from "./snapshots.ts";

export interface InfoParts {
  readonly instances: readonly InstanceFacts[];
  /** Those of one instance in the order of their making. */
  readonly snapshots: readonly SnapshotFacts[];
  /** Only snapshots were asked for: it is said that there are none of them. */
  readonly isOfSnapshots: boolean;
}

export function infoShapes(parts: InfoParts, primary: string): Shapes {
  const instances = byInstance(parts.instances, ({ name }) => name, primary);
  const snapshots = byInstance(parts.snapshots, ({ instance }) => instance, primary);
  return {
    table: () => tableOf({ ...parts, instances, snapshots }),
    json: () => ({ errors: [], info: infoJson(parts) }),
    csv: () => csvOf(instances, snapshots),
    yaml: () => ({ errors: [null], ...infoYaml(instances, snapshots) }),
  };
}

const labelWidth = 16;

/** Cards with an empty line between them. */
function tableOf({ instances, snapshots, isOfSnapshots }: InfoParts): string {
  const cards = [...instances.map(instanceLines), ...snapshots.map(snapshotLines)];
  if (cards.length === 0) return `No ${isOfSnapshots ? "snapshots" : "instances"} found.\n`;
  return cards.map((lines) => lines.map(([label, text]) => `${label.padEnd(labelWidth)}${text}\n`).join("")).join("\n");
}

function infoJson({ instances, snapshots }: InfoParts) {
  const own = new Map(instances.map((each) => [each.name, instanceJson(each)]));
  const taken = grouped(snapshots, (some) => ({
    snapshots: Object.fromEntries(some.map((each) => [each.point.name, snapshotJson(each)])),
  }));
  const names = [...new Set([...own.keys(), ...Object.keys(taken)])];
  return Object.fromEntries(names.map((name) => [name, { ...own.get(name), ...taken[name] }]));
}

function infoYaml(instances: readonly InstanceFacts[], snapshots: readonly SnapshotFacts[]) {
  const own = new Map(instances.map((each) => [each.name, instanceYaml(each)]));
  const taken = grouped(snapshots, (some) => ({
    snapshots: some.map((each) => ({ [each.point.name]: snapshotYaml(each) })),
  }));
  const names = [...new Set([...own.keys(), ...Object.keys(taken)])];
  return Object.fromEntries(names.map((name) => [name, [{ ...own.get(name), ...taken[name] }]]));
}

/** Either instances or snapshots: the line was refused that asked for both. */
function csvOf(instances: readonly InstanceFacts[], snapshots: readonly SnapshotFacts[]): string {
  if (instances.length > 0) return csvText([instanceColumns, ...instances.map(instanceFields)]);
  return snapshots.length === 0 ? "" : csvText([snapshotColumns, ...snapshots.map(snapshotFields)]);
}
