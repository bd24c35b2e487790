/** The outcome of changing verbs, for programs. */
import type { InstanceView, OperationBrief } from "../model/view.ts";
import { instanceRecord } from "./instances.ts";
import type { Json, View } from "./view.ts";

export interface ChangeResult {
  readonly name: string;
  readonly instance?: InstanceView | undefined;
  /** Absent: nothing had to change. */
  readonly operation?: OperationBrief | undefined;
  readonly durationMs?: number | undefined;
}

export function changeView(results: readonly ChangeResult[]): View {
  const records = results.map(({ name, instance, operation, durationMs }): Json => ({
    name,
    operation: operation?.number ?? null,
    operationId: operation?.id ?? null,
    durationMs,
    instance: instance && instanceRecord(instance),
  }));
  return {
    document: { schema: 1, changes: records },
    records,
    csv: {
      header: ["name", "operation", "state"],
      rows: results.map(({ name, operation, instance }) => [
        name,
        String(operation?.number ?? ""),
        instance?.state ?? "",
      ]),
    },
    names: results.map(({ name }) => name),
    table: () => results.map(({ name }) => name).join("\n"),
  };
}
