/** The snapshots of one instance, put in order: parents first, each with the names that points may have. Pure. */
import { messageOf } from "../../errors.ts";
import { type ImportedSnapshot, importedPointsMax } from "../../model/import.ts";
import { commentMax, parsePointName } from "../../model/point-word.ts";
import { RecordFault, type SnapshotRecord } from "./records.ts";

export interface Ordered {
  readonly snapshots: readonly ImportedSnapshot[];
  /** Name of the one that the present stands on. */
  readonly head?: string;
}

/** `head`: its index, 0 for none. Throws `RecordFault`. */
export function orderSnapshots(records: readonly SnapshotRecord[], head: number): Ordered {
  if (records.length > importedPointsMax)
    throw new RecordFault(`has ${records.length} snapshots, more than ${importedPointsMax}`);
  const byIndex = new Map(records.map((record) => [record.index, record]));
  if (byIndex.size < records.length || new Set(records.map(({ name }) => name)).size < records.length)
    throw new RecordFault("has two snapshots of one name or number");
  const ordered: ImportedSnapshot[] = [];
  const placed = new Set<number>([0]);
  let waiting = records.toSorted((a, b) => a.index - b.index);
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parent }) => placed.has(parent));
    if (ready.length === 0) throw new RecordFault(`has a snapshot "${waiting[0]?.name}" whose parent is missing`);
    for (const record of ready) {
      placed.add(record.index);
      ordered.push(snapshotOf(record, byIndex.get(record.parent)?.name));
    }
    waiting = waiting.filter(({ index }) => !placed.has(index));
  }
  if (!placed.has(head)) throw new RecordFault(`stands on snapshot ${head}, which is missing`);
  const name = byIndex.get(head)?.name;
  return { snapshots: ordered, ...(name !== undefined && { head: name }) };
}

function snapshotOf(record: SnapshotRecord, parent: string | undefined): ImportedSnapshot {
  const { name, comment, index, madeAt, cpus, memory, disk } = record;
  return {
    tag: `@s${index}`,
    name: pointName(name),
    ...(comment !== "" && { comment: comment.slice(0, commentMax) }),
    madeAt,
    ...(parent !== undefined && { parent }),
    specs: { cpus, memory, disk },
  };
}

function pointName(name: string): string {
  try {
    return parsePointName(name);
  } catch (cause) {
    throw new RecordFault(`has a snapshot whose name cannot be kept: ${messageOf(cause)}`, { cause });
  }
}
