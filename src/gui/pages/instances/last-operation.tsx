/** The last thing that was done with an instance, or is being done. */
import { useComputed } from "@preact/signals";
import type { InstanceView } from "../../../model/view.ts";
import { Ago } from "../../components/ago.tsx";
import { Icon } from "../../components/icon.tsx";
import { ResultMark } from "../../components/result-mark.tsx";
import { useStore } from "../../store/store.ts";

export function LastOperation({ instance }: { instance: InstanceView }) {
  const { operations } = useStore();
  const row = useComputed(() => operations.rows.value.find((each) => each.instance === instance.name && each.number));
  if (instance.operation) {
    const { kind, step } = instance.operation;
    return (
      <span class="mark tone-busy">
        <Icon name="loader-circle" size={15} turns />
        <span>
          {kind}
          {step !== undefined && `: ${step}`}
        </span>
      </span>
    );
  }
  if (!row.value) {
    const failed = instance.lastFailure;
    if (!failed) return <span class="muted">–</span>;
    return <span class="mark tone-bad">failed at {failed.step}</span>;
  }
  const { type, result, time } = row.value;
  return (
    <span class="last-operation">
      {result === "ok" ? <span class="muted">{type}</span> : <ResultMark result={`${result}`} />}
      {result !== "ok" && <span class="muted">{type}</span>}
      <span class="muted">
        <Ago time={time} />
      </span>
    </span>
  );
}
