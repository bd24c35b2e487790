/** How far a running operation is: its step, and its bytes while some are moved. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { formatSize } from "../../model/size.ts";
import type { Running } from "../pure/operations.ts";
import { useStore } from "../store/store.ts";

/** Listens to the operation for as long as it is shown, if no other has the one stream that a window has for this. */
export function Progress({ operation }: { operation: Running }) {
  const { api, operations } = useStore();
  const bytes = useSignal<{ done: number; total: number } | undefined>(undefined);
  const isFollowed = operations.running.value[0]?.id === operation.id;
  useEffect(() => {
    if (!isFollowed) return undefined;
    const ending = new AbortController();
    const listen = async () => {
      for await (const item of api.stream("operation.follow", { operation: operation.id }, ending.signal))
        bytes.value = item.kind === "bytes" && item.total > 0 ? item : undefined;
    };
    // What becomes of it is told by the history, too.
    listen().catch(() => undefined);
    return () => ending.abort();
  }, [operation.id, isFollowed]);
  const { done, total } = bytes.value ?? {};
  const step = operation.step ?? "under way";
  if (done === undefined || total === undefined) return <span class="muted">{step}</span>;
  return (
    <span class="progress">
      <progress value={done} max={total} aria-label={`${operation.what}: ${step}`} />
      <span class="muted">
        {step} {formatSize(done)} of {formatSize(total)}
      </span>
    </span>
  );
}
