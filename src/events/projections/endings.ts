/** How the log tells that an operation has ended, and with what result. */
import type { Failure, OperationKind, OperationResult } from "../../model/operation.ts";
import type { Recorded } from "../envelope.ts";

/** Intents by event type. */
const kinds: Readonly<Record<string, OperationKind>> = {
  "instance.launch-requested": "launch",
  "instance.fork-requested": "fork",
  "instance.import-requested": "import",
  "instance.start-requested": "start",
  "instance.stop-requested": "stop",
  "instance.stop-scheduled": "stop-later",
  "instance.stop-unscheduled": "stop-never",
  "instance.suspend-requested": "suspend",
  "instance.restart-requested": "restart",
  "instance.renamed": "rename",
  "instance.mount-requested": "mount",
  "instance.unmount-requested": "umount",
  "instance.configured": "set",
  "instance.resize-requested": "set",
  "instance.delete-requested": "delete",
  "instance.recovered": "recover",
  "instance.purge-requested": "purge",
  "instance.snapshot-requested": "snapshot",
  "instance.restore-requested": "restore",
  "instance.network-detached": "detach",
  "instance.network-attached": "attach",
  "network.created": "network-create",
  "network.deleted": "network-delete",
  "instance.point-deleted": "delete-snapshot",
  "instance.point-held": "hold",
  "instance.point-released": "release",
  "instance.point-configured": "set",
  "instance.forward-added": "forward",
  "instance.forward-removed": "unforward",
  "rollback.requested": "rollback",
  "settings.changed": "set",
};

/** Outcomes by event type, and the kind of operation that each closes. */
const outcomes: Readonly<Record<string, OperationKind>> = {
  "instance.launched": "launch",
  "instance.forked": "fork",
  "instance.imported": "import",
  "instance.started": "start",
  "instance.stopped": "stop",
  "instance.stop-scheduled": "stop-later",
  "instance.stop-unscheduled": "stop-never",
  "instance.suspended": "suspend",
  "instance.restarted": "restart",
  "instance.renamed": "rename",
  "instance.mount-added": "mount",
  "instance.mount-removed": "umount",
  "instance.configured": "set",
  "instance.resized": "set",
  "instance.deleted": "delete",
  "instance.recovered": "recover",
  "instance.purged": "purge",
  "instance.point-made": "snapshot",
  "instance.restored": "restore",
  "instance.network-detached": "detach",
  "instance.network-attached": "attach",
  "network.created": "network-create",
  "network.deleted": "network-delete",
  "instance.point-deleted": "delete-snapshot",
  "instance.point-held": "hold",
  "instance.point-released": "release",
  "instance.point-configured": "set",
  "instance.forward-added": "forward",
  "instance.forward-removed": "unforward",
  "rollback.ended": "rollback",
  "settings.changed": "set",
};

export interface Ending {
  readonly result: Exclude<OperationResult, "pending">;
  readonly failure?: Failure;
}

/** The kind of operation that a record opens. */
export const opens = (record: Recorded): OperationKind | undefined =>
  record.operation === undefined ? undefined : kinds[record.type];

/** May it close an operation? Which one it is, and so whether it does, its intent tells. */
export const mayEnd = (record: Recorded): boolean =>
  record.operation !== undefined && (outcomes[record.type] !== undefined || isFailure(record));

const isFailure = ({ type }: Recorded): boolean =>
  (type.startsWith("instance.") && type.endsWith("-failed")) || type === "rollback.failed";

/** How a record closes an operation of this kind, if it does. */
export function ends(record: Recorded, kind: OperationKind): Ending | undefined {
  if (record.operation === undefined) return undefined;
  if (outcomes[record.type] === kind) return { result: "ok" };
  if (!isFailure(record)) return undefined;
  const { result, step, code, reason } = record.data as unknown as Failure & { result: Ending["result"] };
  return { result, failure: { step, code, reason } };
}
