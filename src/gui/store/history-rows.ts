/** The rows of the history, in pieces: the newest first, older ones as somebody scrolls to them. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { HistoryRow } from "../../model/view.ts";
import type { Api } from "../api/client.ts";

/** Of one piece. */
const pieceRows = 500;
/** Kept in the page; what is older is asked for with `strata history`. */
const rowsMax = 200_000;

export interface HistoryRows {
  /** Undefined: not asked for yet. */
  readonly rows: ReadonlySignal<readonly HistoryRow[] | undefined>;
  readonly error: ReadonlySignal<unknown>;
  /** The oldest row is there. */
  readonly isWhole: ReadonlySignal<boolean>;
  /** Something has happened since. */
  refresh(): Promise<void>;
  /** The next older piece. */
  more(): Promise<void>;
}

export function createHistoryRows(api: Api): HistoryRows {
  const rows = signal<readonly HistoryRow[] | undefined>(undefined);
  const error = signal<unknown>(undefined);
  const isWhole = signal(false);
  let loading: Promise<void> | undefined;

  const ask = (until?: string) =>
    api.call("history.list", { limit: pieceRows, reverse: false, ...(until !== undefined && { until }) });
  const take = async (load: () => Promise<void>): Promise<void> => {
    // One at a time: two pieces would come in any order.
    loading ??= load()
      .then(
        () => (error.value = undefined),
        (reason: unknown) => (error.value = reason),
      )
      .then(() => (loading = undefined));
    await loading;
  };
  return {
    rows,
    error,
    isWhole,
    refresh: () =>
      take(async () => {
        const newest = await ask();
        const last = newest.at(-1)?.position ?? 0;
        const older = (rows.peek() ?? []).filter(({ position }) => position < last);
        // More has happened than one piece holds: what is older is asked for anew when somebody scrolls there.
        const isJoined = newest.length < pieceRows || older.length > 0;
        if (newest.length < pieceRows) isWhole.value = true;
        else if (!isJoined) isWhole.value = false;
        rows.value = [...newest, ...older];
      }),
    more: () =>
      take(async () => {
        const known = rows.peek();
        const oldest = known?.at(-1);
        if (!known || !oldest || isWhole.peek() || known.length >= rowsMax) return;
        const seen = new Set(known.slice(-pieceRows).map(({ position }) => position));
        const piece = (await ask(oldest.time)).filter(
          ({ position }) => position < oldest.position && !seen.has(position),
        );
        if (piece.length === 0) isWhole.value = true;
        rows.value = [...known, ...piece];
      }),
  };
}
