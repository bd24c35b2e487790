/** The full record of one operation, folded from its own events. */
import { assert } from "../../errors.ts";
import type { OperationRecord } from "../../model/view.ts";
import type { Recorded } from "../envelope.ts";
import { changesOf } from "./changes.ts";
import { ends, opens } from "./endings.ts";
import { withoutHidden } from "./hidden.ts";
import { given } from "./instances.ts";

/** `records`: all events of one operation, oldest first. `nameOf` knows instances that live. */
export function viewOperation(
  records: readonly Recorded[],
  nameOf: (id: string) => string | undefined,
): OperationRecord {
  const intent = records.find((record) => opens(record) !== undefined);
  const kind = intent && opens(intent);
  assert(intent && kind, "an operation has an intent");
  const end = records.map((record) => ({ record, ending: ends(record, kind) })).findLast((each) => each.ending);
  const id = intent.stream.startsWith("instance/") ? intent.stream.slice("instance/".length) : undefined;
  const { number, deadline: _, ...request } = withoutHidden(intent.data);
  return {
    number: Number(number),
    id: intent.operation ?? "",
    kind,
    requestedAt: intent.time,
    who: intent.by.name,
    by: { ...intent.by },
    result: end?.ending?.result ?? "pending",
    request,
    changes: end?.ending?.result === "ok" ? changesOf(intent) : [],
    artefacts: records.flatMap(artefactsOf),
    events: records.map((record) => ({ ...record, data: withoutHidden(record.data) })),
    ...given("instance", id === undefined ? undefined : { id, name: nameOf(id) ?? String(request["name"] ?? id) }),
    ...given("endedAt", end?.record.time),
    ...given("durationMs", end && Date.parse(end.record.time) - Date.parse(intent.time)),
    ...given("reason", intent.reason),
    ...given("failure", end?.ending?.failure),
  };
}

function artefactsOf(record: Recorded): OperationRecord["artefacts"] {
  if (record.type === "image.added")
    return [{ what: "image", name: String(record.data["name"]), bytes: Number(record.data["bytes"]) }];
  if (record.type === "instance.suspended")
    return [{ what: "memory", name: "saved", bytes: Number(record.data["memoryBytes"]) }];
  if (record.type === "instance.point-made")
    return [{ what: "point", name: String(record.data["name"]), bytes: Number(record.data["bytes"]) }];
  if (record.type === "instance.disk-created") return [{ what: "layer", name: String(record.data["layer"]) }];
  return [];
}
