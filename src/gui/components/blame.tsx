/** Who set a key, and when: the newest operation that did. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { HistoryRow } from "../../model/view.ts";
import { ago } from "../pure/when.ts";
import { useStore } from "../store/store.ts";

/** `stamp`: what is asked anew when it is another one. `instance`: whose key it is; absent: the daemon's. */
export function Blame({ historyKey, instance, stamp }: { historyKey: string; instance?: string; stamp: string }) {
  const { api, nowMs } = useStore();
  const row = useSignal<HistoryRow | undefined>(undefined);
  const isKnown = useSignal(false);
  useEffect(() => {
    const input = { key: historyKey, limit: 1, reverse: false, ...(instance !== undefined && { instance }) };
    api.call("history.list", input).then(
      ([newest]) => {
        row.value = newest;
        isKnown.value = true;
      },
      () => (isKnown.value = true),
    );
  }, [historyKey, instance, stamp]);
  if (!isKnown.value) return <>…</>;
  if (!row.value) return <>default</>;
  const { number, who, time } = row.value;
  return (
    <>
      {who}, {ago(time, nowMs.value)}, <a href={`#/history/${number ?? ""}`}>operation {number}</a>
    </>
  );
}
