/** Operations: those under way with their progress, the last ones that ended, and what became of those that this window began. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Failure } from "../../model/operation.ts";
import type { HistoryRow, InstanceView } from "../../model/view.ts";
import type { Api } from "../api/client.ts";
import { pendingOf, type Running, withKnown } from "../pure/operations.ts";

export interface Outcome {
  readonly operation: string;
  readonly number: number;
  readonly kind: string;
  readonly what: string;
  readonly result: string;
  readonly instance?: string;
  readonly failure?: Failure;
}

export interface Operations {
  readonly running: ReadonlySignal<readonly Running[]>;
  /** The newest first, running ones too, as the history has them. */
  readonly rows: Signal<readonly HistoryRow[]>;
  /** This window began it: its outcome is told. */
  watch(operation: string): void;
  refresh(): Promise<void>;
}

/** Not all of them are operations: what happens by itself stands between. */
const rowsMax = 100;

export function createOperations(
  api: Api,
  instances: ReadonlySignal<readonly InstanceView[]>,
  tell: (outcome: Outcome) => void,
): Operations {
  const rows = signal<readonly HistoryRow[]>([]);
  const watched = new Set<string>();
  const running = computed(() => pendingOf(instances.value, rows.value));

  const refresh = async () => {
    rows.value = withKnown(await api.call("history.list", { limit: rowsMax, reverse: false }), rows.peek());
    const ended = rows.value.filter(
      ({ operation, result }) => operation && watched.has(operation) && result !== "pending",
    );
    for (const row of ended) await tellOf(row);
  };
  const tellOf = async ({ operation = "", number = 0, type, what, result, instance }: HistoryRow) => {
    watched.delete(operation);
    const record = result === "ok" ? undefined : await api.call("operation.show", { operation }).catch(() => undefined);
    tell({
      operation,
      number,
      kind: type,
      what,
      result,
      ...(instance !== undefined && { instance }),
      ...(record?.failure && { failure: record.failure }),
    });
  };
  return {
    running,
    rows,
    refresh,
    watch(operation) {
      watched.add(operation);
      const isOver = rows.peek().some((row) => row.operation === operation && row.result !== "pending");
      if (isOver) void refresh().catch(() => undefined);
    },
  };
}
