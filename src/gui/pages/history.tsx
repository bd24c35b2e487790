/** History: what was done, by whom, when and why; each row opens the whole record. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { formatDuration } from "../../model/duration.ts";
import type { HistoryRow } from "../../model/view.ts";
import { Waiting } from "../components/empty.tsx";
import { type Column, Grid } from "../components/grid.tsx";
import { PageHead } from "../components/page-head.tsx";
import { Problem } from "../components/problem.tsx";
import { ResultMark } from "../components/result-mark.tsx";
import { type Narrowing, narrowed } from "../pure/facets.ts";
import { clock } from "../pure/when.ts";
import { createHistoryRows } from "../store/history-rows.ts";
import { useStore } from "../store/store.ts";
import { ExportRows, LogBadge } from "./history/log-badge.tsx";
import { NarrowBar } from "./history/narrow-bar.tsx";
import { OperationDialog } from "./history/operation-dialog.tsx";

const columns: readonly Column<HistoryRow>[] = [
  { name: "number", width: "4.5rem", title: "Number", cell: ({ number }) => number ?? "" },
  { name: "time", width: "11rem", title: "Time", cell: ({ time }) => clock(time) },
  {
    name: "what",
    width: "minmax(10rem, 1fr)",
    title: "What",
    cell: ({ what, instance, number, reason }) => (
      <>
        {what}
        {number === undefined && instance !== undefined && ` ${instance}`}
        {reason !== undefined && <q class="muted"> {reason}</q>}
      </>
    ),
  },
  { name: "who", width: "8rem", title: "Who", cell: ({ who }) => who, shownFrom: "middle" },
  { name: "result", width: "8rem", title: "Result", cell: ({ result }) => <ResultMark result={result} /> },
  {
    name: "took",
    width: "6rem",
    title: "Took",
    cell: ({ durationMs }) => (durationMs === undefined ? "" : formatDuration(durationMs)),
    shownFrom: "wide",
  },
];

export function HistoryPage({ operation }: { operation?: number | undefined }) {
  const { api, operations, shown, router } = useStore();
  const history = useMemo(() => createHistoryRows(api), [api]);
  const narrowing = useSignal<Narrowing>({});
  useSignalEffect(() => {
    void operations.rows.value;
    void history.refresh();
  });
  /** Of the past, what had begun by then. */
  const all = useComputed(() => {
    const until = shown.moment.value?.asOf.position ?? Number.POSITIVE_INFINITY;
    return (history.rows.value ?? []).filter(({ position }) => position <= until);
  });
  const rows = useComputed(() => narrowed(all.value, narrowing.value));
  // A narrow choice may leave nothing of what is there: older pieces are looked through then.
  useEffect(() => {
    if (rows.value.length < 30 && !history.isWhole.value && history.rows.value) void history.more();
  }, [rows.value.length, history.isWhole.value, all.value.length]);
  const open = ({ number }: HistoryRow) => number !== undefined && router.go({ page: "history", operation: number });
  return (
    <>
      <PageHead title="History">
        <LogBadge />
        <ExportRows rows={rows} />
      </PageHead>
      <NarrowBar rows={all.value} narrowing={narrowing} />
      <Problem error={history.error.value} />
      {history.rows.value === undefined && history.error.value === undefined && <Waiting what="the history" />}
      <Grid
        label="Operations"
        rows={rows}
        columns={columns}
        rowKey={({ position }) => String(position)}
        rowLabel={({ number, what, result }) => `${number ?? ""} ${what}, ${result}`}
        onOpen={open}
        onEnd={() => void history.more()}
      />
      {operation !== undefined && (
        <OperationDialog key={operation} number={operation} onClose={() => router.go({ page: "history" })} />
      )}
    </>
  );
}
