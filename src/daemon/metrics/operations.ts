/** How operations have ended since the daemon began, and how long they took: folded from the log as it grows. */
import type { Recorded } from "../../events/envelope.ts";
import { ends, opens } from "../../events/projections/endings.ts";
import type { OperationKind } from "../../model/operation.ts";
import { addTo, type Distribution, type Family, histogramSamples } from "./prometheus.ts";

/** Seconds. */
const bounds = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];
/** Operations under way that are waited for; more are never pending at once. */
const openMax = 10_000;

export interface OperationCounts {
  add(records: readonly Recorded[]): void;
  families(): readonly Family[];
}

export function createOperationCounts(): OperationCounts {
  const open = new Map<string, { readonly kind: OperationKind; readonly atMs: number }>();
  const ended = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  const took = new Map<OperationKind, Distribution>();

  const close = (kind: OperationKind, outcome: string, seconds: number) => {
    const labels = { verb: kind, outcome };
    const key = `${kind} ${outcome}`;
    const counted = ended.get(key) ?? { labels, count: 0 };
    counted.count += 1;
    ended.set(key, counted);
    const distribution = took.get(kind) ?? { counts: Array<number>(bounds.length + 1).fill(0), sum: 0 };
    addTo(distribution, bounds, seconds);
    took.set(kind, distribution);
  };
  const addOne = (record: Recorded) => {
    const { operation = "" } = record;
    const atMs = Date.parse(record.time);
    const kind = opens(record);
    if (kind && open.size < openMax) open.set(operation, { kind, atMs });
    const begun = open.get(operation);
    const ending = begun && ends(record, begun.kind);
    if (!ending) return;
    open.delete(operation);
    close(begun.kind, ending.result, (atMs - begun.atMs) / 1_000);
  };
  return {
    add: (records) => records.forEach(addOne),
    families: () => [
      {
        name: "strata_operations_total",
        help: "Operations that have ended since the daemon began.",
        type: "counter",
        samples: [...ended.values()].map(({ labels, count }) => ({ labels, value: count })),
      },
      {
        name: "strata_operation_seconds",
        help: "From an operation's request to its end.",
        type: "histogram",
        samples: [...took].flatMap(([verb, distribution]) => histogramSamples({ verb }, bounds, distribution)),
      },
    ],
  };
}
