/** Operations, at the foot of every page: those under way with their progress, and the last that ended. */
import { useComputed } from "@preact/signals";
import { formatDuration } from "../../model/duration.ts";
import type { HistoryRow } from "../../model/view.ts";
import type { Running } from "../pure/operations.ts";
import { canUndo } from "../pure/outcomes.ts";
import { useStore } from "../store/store.ts";
import { Ago } from "./ago.tsx";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { ResultMark } from "./result-mark.tsx";
import { Progress } from "./progress.tsx";

const endedMax = 10;

export function Drawer() {
  const { operations, isDrawerOpen } = useStore();
  const ended = useComputed(() =>
    operations.rows.value
      .filter(({ number, result }) => number !== undefined && result !== "pending")
      .slice(0, endedMax),
  );
  const running = operations.running.value;
  const isOpen = isDrawerOpen.value;
  return (
    <section class={isOpen ? "drawer open" : "drawer"} aria-label="Operations">
      <button type="button" class="drawer-head" aria-expanded={isOpen} onClick={() => (isDrawerOpen.value = !isOpen)}>
        <Icon name={running.length > 0 ? "loader-circle" : "list-checks"} turns={running.length > 0} />
        <span>{headline(running, ended.value[0])}</span>
        <span class={isOpen ? "chevron" : "chevron up"}>
          <Icon name="chevron-down" />
        </span>
      </button>
      {isOpen && (
        <ul class="drawer-list">
          {running.map((operation) => (
            <RunningRow key={operation.id} operation={operation} />
          ))}
          {ended.value.map((row) => (
            <EndedRow key={row.operation} row={row} />
          ))}
          {running.length + ended.value.length === 0 && <li class="muted">Nothing has been done yet.</li>}
        </ul>
      )}
    </section>
  );
}

function headline(running: readonly Running[], last: HistoryRow | undefined): string {
  const [first] = running;
  if (first)
    return running.length === 1
      ? `${first.what}: ${first.step ?? "under way"}`
      : `${running.length} operations under way`;
  return last ? `last: ${last.what}, ${last.result}` : "Operations";
}

function RunningRow({ operation }: { operation: Running }) {
  const { verbs, router } = useStore();
  const { id, number, what, since } = operation;
  return (
    <li>
      <Icon name="loader-circle" turns />
      <a class="what" href={`#/history/${number}`} onClick={() => router.go({ page: "history", operation: number })}>
        {what}
      </a>
      <Progress operation={operation} />
      <span class="muted when">
        <Ago time={since} />
      </span>
      <Button tone="quiet" icon="x" onClick={() => void verbs.cancel(id)}>
        Cancel
      </Button>
    </li>
  );
}

function EndedRow({ row }: { row: HistoryRow }) {
  const { verbs, whyFixed } = useStore();
  const { number = 0, what, result, durationMs, time, who, type } = row;
  return (
    <li>
      <ResultMark result={result} />
      <a class="what" href={`#/history/${number}`}>
        {what}
      </a>
      <span class="muted">
        {durationMs === undefined ? "" : formatDuration(durationMs)} · {who}
      </span>
      <span class="muted when">
        <Ago time={time} />
      </span>
      {result === "ok" && canUndo(type) ? (
        <Button tone="quiet" icon="undo-2" disabled={whyFixed.value !== undefined} onClick={() => verbs.undo(number)}>
          Undo
        </Button>
      ) : (
        <span />
      )}
    </li>
  );
}
