/** What the history rests on: how much of the log is sealed, how to check it, and its rows as a file. */
import type { ReadonlySignal } from "@preact/signals";
import type { HistoryRow } from "../../../model/view.ts";
import { Button, CopyButton } from "../../components/button.tsx";
import { Icon } from "../../components/icon.tsx";
import { useStore } from "../../store/store.ts";

/** Whoever doubts the daemon does not ask it: the check is the command line's, over the files. */
const verifyLine = "strata audit verify";

export function LogBadge() {
  const { status } = useStore();
  const log = status.value?.log;
  if (!log) return null;
  const isWritable = log.mode === "writable";
  return (
    <span class={`badge tone-${isWritable ? "ok" : "bad"}`} title={log.why}>
      <Icon name={isWritable ? "shield-check" : "triangle-alert"} size={15} />
      <span>
        {isWritable ? "log" : "log takes no more"} {log.id}, {log.durable} events
        {log.sealed !== undefined && `, sealed up to ${log.sealed}`}
      </span>
      <CopyButton text={verifyLine} what={`the command that checks it: ${verifyLine}`} />
    </span>
  );
}

/** The rows that are shown, a line of JSON each, as `strata history --format ndjson` prints them. */
export function ExportRows({ rows }: { rows: ReadonlySignal<readonly HistoryRow[]> }) {
  const save = () => {
    const lines = rows.peek().map((row) => `${JSON.stringify(row)}\n`);
    const url = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "strata-history.ndjson";
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Button icon="download" onClick={save} disabled={rows.value.length === 0}>
      Export {rows.value.length}
    </Button>
  );
}
