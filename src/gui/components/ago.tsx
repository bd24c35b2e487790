/** How long ago: a text that goes on by itself, and draws nothing else anew. */
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { ago } from "../pure/when.ts";
import { useStore } from "../store/store.ts";

export function Ago({ time }: { time: string }) {
  const { nowMs } = useStore();
  const text = useMemo(() => computed(() => ago(time, nowMs.value)), [time, nowMs]);
  return <>{text}</>;
}
