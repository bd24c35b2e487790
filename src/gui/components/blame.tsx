/** Who set a key, and when: the newest operation that did. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { HistoryRow } from "../../model/view.ts";
import { useStore } from "../store/store.ts";
import { Ago } from "./ago.tsx";

/** `stamp`: what is asked anew when it is another one. `instance`: whose key it is; absent: the daemon's. */
export function Blame({ historyKey, instance, stamp }: { historyKey: string; instance?: string; stamp: string }) {
  const { api, shown } = useStore();
  const until = shown.moment.value?.asOf.time;
  const row = useSignal<HistoryRow | undefined>(undefined);
  const isKnown = useSignal(false);
  useEffect(() => {
    const input = { key: historyKey, limit: 1, reverse: false, ...(instance && { instance }), ...(until && { until }) };
    api.call("history.list", input).then(
      ([newest]) => {
        row.value = newest;
        isKnown.value = true;
      },
      () => (isKnown.value = true),
    );
  }, [historyKey, instance, stamp, until]);
  if (!isKnown.value) return <>…</>;
  if (!row.value) return <>default</>;
  const { number, who, time } = row.value;
  return (
    <>
      {who}, <Ago time={time} />, <a href={`#/history/${number ?? ""}`}>operation {number}</a>
    </>
  );
}
