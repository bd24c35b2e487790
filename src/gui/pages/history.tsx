/** History: what was done, by whom, when and why. */
import { useSignal } from "@preact/signals";
import { formatDuration } from "../../model/duration.ts";
import type { HistoryRow } from "../../model/view.ts";
import { ResultMark } from "../components/result-mark.tsx";
import { Grid, type Column } from "../components/grid.tsx";
import { clock } from "../pure/when.ts";
import { PageHead } from "../components/page-head.tsx";
import { useStore } from "../store/store.ts";
import { useAnswer } from "../store/use.ts";
import { useSignalEffect } from "@preact/signals";

const columns: readonly Column<HistoryRow>[] = [
  { name: "number", width: "5rem", title: "Number", cell: ({ number }) => number ?? "" },
  { name: "time", width: "11rem", title: "Time", cell: ({ time }) => clock(time) },
  { name: "what", width: "minmax(10rem, 1fr)", title: "What", cell: ({ what }) => what },
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

export function HistoryPage(_: { operation?: number | undefined }) {
  const { api, line } = useStore();
  const rows = useSignal<readonly HistoryRow[]>([]);
  const answer = useAnswer(() => api.call("history.list", { limit: 200, reverse: false }), [line.position.value]);
  useSignalEffect(() => {
    rows.value = answer.value.value ?? [];
  });
  return (
    <>
      <PageHead title="History" />
      <Grid label="Operations" rows={rows} columns={columns} rowKey={({ position }) => String(position)} />
    </>
  );
}
