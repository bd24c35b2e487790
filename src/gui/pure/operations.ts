/** Operations that are under way, put together from what instances say of theirs and what the history has. */
import type { HistoryRow, InstanceView } from "../../model/view.ts";

export interface Running {
  readonly id: string;
  readonly number: number;
  readonly kind: string;
  /** `launch web` */
  readonly what: string;
  readonly instance?: string;
  /** What is done now; absent: not known. */
  readonly step?: string;
  readonly since: string;
}

/** `rows`, with those of `known` in place of rows that say the same, so that what shows them is not drawn again. */
export function withKnown(rows: readonly HistoryRow[], known: readonly HistoryRow[]): readonly HistoryRow[] {
  const before = new Map(known.map((row) => [JSON.stringify(row), row]));
  return rows.map((row) => before.get(JSON.stringify(row)) ?? row);
}

/** Newest first. An operation of no instance (a rollback) is known from the history alone. */
export function pendingOf(
  instances: readonly Pick<InstanceView, "name" | "operation">[],
  rows: readonly HistoryRow[],
): readonly Running[] {
  const running = new Map<string, Running>();
  for (const { name, operation } of instances) {
    if (!operation) continue;
    const { id, number, kind, step, requestedAt } = operation;
    running.set(id, {
      id,
      number,
      kind,
      what: `${kind} ${name}`,
      instance: name,
      since: requestedAt,
      ...(step && { step }),
    });
  }
  for (const { operation, number, result, type, what, time, instance } of rows) {
    if (operation === undefined || number === undefined || result !== "pending" || running.has(operation)) continue;
    running.set(operation, {
      id: operation,
      number,
      kind: type,
      what,
      since: time,
      ...(instance !== undefined && { instance }),
    });
  }
  return [...running.values()].sort((a, b) => b.number - a.number);
}
