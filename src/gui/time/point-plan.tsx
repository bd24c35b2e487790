/** What going back to a point, or beginning a new instance there, would do. The fork is the safe one: it touches nothing that is. */
import { useSignal } from "@preact/signals";
import { formatDuration } from "../../model/duration.ts";
import type { MeasuredPlan } from "../../model/point-plan.ts";
import { lineOf } from "../../model/shell-line.ts";
import { formatSize } from "../../model/size.ts";
import { Button } from "../components/button.tsx";
import { Check } from "../components/field.tsx";
import { clock } from "../pure/when.ts";
import { useStore } from "../store/store.ts";
import { useAnswer } from "../store/use.ts";
import { Differences } from "./differences.tsx";
import { Lines, PlanFrame } from "./plan-panel.tsx";
import { usePlan } from "./use-plan.ts";

type What = "restore" | "fork";

/** `first`: what was asked for; the other one is offered beside it. */
export function PointPlan({ first, instance, word }: { first: What; instance: string; word: string }) {
  const { api, instances, time } = useStore();
  const [discard, diskOnly] = [useSignal(false), useSignal(false)];
  const about = { instance, discard: discard.value, diskOnly: diskOnly.value };
  const answer = useAnswer(
    () => api.call("point.plan", { what: first, ...about, point: word, starts: true }),
    [discard.value, diskOnly.value],
  );
  const { isBusy, error, run } = usePlan();
  const found = answer.value.value;
  const name = instances.named(instance)?.name ?? instance;
  const point = found?.point.name ?? word;
  const change = (what: What) => () => {
    void time.visit(undefined);
    const input = { command: api.newCommand(), ...about, point };
    const starts = found?.point.kept !== undefined && !diskOnly.value;
    if (what === "restore") run(`restore ${name}@${point}`, () => api.call("point.restore", input));
    else run(`fork ${name}@${point}`, () => api.call("instance.fork", { ...input, starts }));
  };
  const isFork = first === "fork";
  const options = [...(discard.value && !isFork ? ["--discard"] : []), ...(diskOnly.value ? ["--disk-only"] : [])];
  return (
    <PlanFrame
      title={isFork ? `A new instance from ${name}@${point}` : `Back to ${name}@${point}`}
      error={answer.error.value ?? error.value}
      line={lineOf(["strata", first, `${name}@${point}`, ...options])}
      buttons={
        <>
          {!isFork && (
            <Button
              icon="archive-restore"
              tone={discard.value ? "danger" : "plain"}
              disabled={!found}
              isBusy={isBusy.value}
              onClick={change("restore")}
            >
              Restore
            </Button>
          )}
          <Button
            icon="git-branch"
            tone="main"
            disabled={!found}
            isBusy={isBusy.value}
            autofocus
            onClick={change("fork")}
          >
            Fork from here
          </Button>
        </>
      }
    >
      {found && (
        <>
          <Facts plan={found} isFork={isFork} name={name} />
          <Differences rows={found.changes} />
          <Lines title={isFork ? "What does not come along" : "What cannot come back"} lines={found.lost} />
          {!isFork && (
            <Check
              label="Throw the state of now away"
              help="else it is kept as a branch, and undo goes back to it"
              checked={discard.value}
              onChange={(checked) => (discard.value = checked)}
            />
          )}
          {found.point.kept !== undefined && (
            <Check
              label="Boot, although there is memory to go on from"
              checked={diskOnly.value}
              onChange={(checked) => (diskOnly.value = checked)}
            />
          )}
        </>
      )}
    </PlanFrame>
  );
}

const endings = {
  off: "stays off",
  boots: "boots",
  "goes on": "goes on where its memory was, without a boot",
} as const;

function Facts({ plan, isFork, name }: { plan: MeasuredPlan; isFork: boolean; name: string }) {
  const { point, distanceMs, stops, ending, branch, branchBytes, lastMs } = plan;
  const size = branchBytes === undefined ? "" : `, ${formatSize(branchBytes)}`;
  return (
    <dl>
      <dt>made</dt>
      <dd>
        {clock(point.madeAt)}
        {distanceMs !== undefined &&
          distanceMs > 0 &&
          `, ${formatDuration(distanceMs)} before the moment that was asked for`}
      </dd>
      <dt>machine</dt>
      <dd>
        {isFork ? `${plan.name ?? "the new one"} ` : stops ? "is stopped, and " : ""}
        {endings[ending]}
      </dd>
      {branch && (
        <>
          <dt>kept</dt>
          <dd>
            {name}@{branch.name}: the state until now{size}
            {branch.hasMemory && " and its memory"}
          </dd>
        </>
      )}
      {lastMs !== undefined && (
        <>
          <dt>took</dt>
          <dd>{formatDuration(lastMs)} the last time</dd>
        </>
      )}
    </dl>
  );
}
