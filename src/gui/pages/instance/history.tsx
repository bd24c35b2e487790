/** What was done with this instance. */
import { formatDuration } from "../../../model/duration.ts";
import type { InstanceView } from "../../../model/view.ts";
import { Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { ResultMark } from "../../components/result-mark.tsx";
import { canUndo } from "../../pure/outcomes.ts";
import { Button } from "../../components/button.tsx";
import { clock } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";

const rowsMax = 200;

export function InstanceHistory({ instance }: { instance: InstanceView }) {
  const { api, operations, verbs, whyFixed } = useStore();
  const { value, error } = useAnswer(
    () => api.call("history.list", { instance: instance.id, limit: rowsMax, reverse: false }),
    [instance.id, operations.rows.value],
  );
  if (value.value === undefined) return error.value ? <Problem error={error.value} /> : <Waiting what="its history" />;
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col">Time</th>
          <th scope="col">What</th>
          <th scope="col">Who</th>
          <th scope="col">Result</th>
          <th scope="col">Took</th>
          <th scope="col">
            <span class="unseen">Undo</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {value.value.map(({ number, time, what, who, result, durationMs, type, reason, position }) => (
          <tr key={position}>
            <td>{number !== undefined && <a href={`#/history/${number}`}>{number}</a>}</td>
            <td class="nowrap">{clock(time)}</td>
            <td>
              {what}
              {reason !== undefined && <small class="muted">{reason}</small>}
            </td>
            <td>{who}</td>
            <td>
              <ResultMark result={result} />
            </td>
            <td class="nowrap muted">{durationMs !== undefined && formatDuration(durationMs)}</td>
            <td>
              {number !== undefined && result === "ok" && canUndo(type) && whyFixed.value === undefined && (
                <Button tone="quiet" icon="undo-2" label={`Undo ${what}`} onClick={() => verbs.undo(number)} />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
