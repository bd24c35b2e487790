/** One operation, whole: who asked for what and why, what it changed, what it made, and every event of it. */
import { formatDuration } from "../../../model/duration.ts";
import { formatSize } from "../../../model/size.ts";
import type { OperationRecord } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { ResultMark } from "../../components/result-mark.tsx";
import { actorWords } from "../../pure/actor.ts";
import { canUndo, whyNotUndone } from "../../pure/outcomes.ts";
import { clock } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";
import { Differences } from "../../time/differences.tsx";

export function OperationDialog({ number, onClose }: { number: number; onClose: () => void }) {
  const { api, operations } = useStore();
  const answer = useAnswer(
    () => api.call("operation.show", { operation: String(number) }),
    [number, operations.rows.value],
  );
  const record = answer.value.value;
  return (
    <Dialog
      title={`Operation ${number}`}
      size="wide"
      onClose={onClose}
      footer={record && <Ways record={record} onClose={onClose} />}
    >
      <Problem error={answer.error.value} />
      {!record && answer.error.value === undefined && <Waiting what={`operation ${number}`} />}
      {record && <Record record={record} />}
      <CommandLine line={`strata show ${number}`} />
    </Dialog>
  );
}

/** What can be done about it. */
function Ways({ record, onClose }: { record: OperationRecord; onClose: () => void }) {
  const { time, verbs, plan, whyFixed } = useStore();
  const { number, kind, result } = record;
  const go = (act: () => void) => () => {
    onClose();
    act();
  };
  return (
    <>
      <Button onClick={onClose}>Close</Button>
      <Button icon="eye" onClick={go(() => void time.visit(number))}>
        Look at that moment
      </Button>
      <Button icon="history" onClick={go(() => (plan.value = { kind: "rollback", at: { operation: number } }))}>
        Bring everything back…
      </Button>
      {result === "ok" && canUndo(kind) && (
        <Button
          tone="main"
          icon="undo-2"
          disabled={whyFixed.value !== undefined}
          onClick={go(() => verbs.undo(number))}
        >
          Undo…
        </Button>
      )}
    </>
  );
}

function Record({ record }: { record: OperationRecord }) {
  const { kind, instance, requestedAt, durationMs, who, by, reason, result, failure, changes, artefacts, request } =
    record;
  const whyNot = whyNotUndone(kind, instance?.name);
  return (
    <div class="plan record">
      <dl>
        <dt>what</dt>
        <dd>
          {kind} {instance && <a href={`#/instances/${encodeURIComponent(instance.name)}`}>{instance.name}</a>}
        </dd>
        <dt>who</dt>
        <dd>
          {who}
          <span class="muted">, {actorWords(by).join(", ")}</span>
        </dd>
        <dt>when</dt>
        <dd>
          {clock(requestedAt)}
          {durationMs !== undefined && <span class="muted">, {formatDuration(durationMs)}</span>}
        </dd>
        {reason !== undefined && (
          <>
            <dt>why</dt>
            <dd>
              <q>{reason}</q>
            </dd>
          </>
        )}
        <dt>result</dt>
        <dd>
          <ResultMark result={result} />
          {failure && ` at ${failure.step}: ${failure.reason} [${failure.code}]`}
        </dd>
        {whyNot !== undefined && (
          <>
            <dt>undo</dt>
            <dd class="muted">{whyNot}</dd>
          </>
        )}
      </dl>
      {changes.length > 0 && (
        <Differences
          rows={changes.map(({ key, before, after }) => ({ key, before: textOf(before), after: textOf(after) }))}
        />
      )}
      {artefacts.map(({ what, name, bytes }) => (
        <p key={`${what} ${name}`}>
          {what} <code>{name}</code>
          {bytes !== undefined && <span class="muted">, {formatSize(bytes)}</span>}
        </p>
      ))}
      <details>
        <summary>Request</summary>
        <pre tabIndex={0}>{JSON.stringify(request, undefined, 2)}</pre>
      </details>
      <Events record={record} />
    </div>
  );
}

function Events({ record: { events } }: { record: OperationRecord }) {
  return (
    <details>
      <summary>{events.length} events</summary>
      {events.map((event) => (
        <details key={event.position} class="event">
          <summary>
            <code>{event.position}</code> {clock(event.time)} {event.type}
          </summary>
          <pre tabIndex={0}>{JSON.stringify(event, undefined, 2)}</pre>
        </details>
      ))}
    </details>
  );
}

/** `-`: it did not exist. */
const textOf = (value: unknown): string => (value === null || value === undefined ? "-" : String(value));
