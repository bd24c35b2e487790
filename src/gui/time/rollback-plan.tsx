/** What bringing everything back would do. */
import { Button } from "../components/button.tsx";
import { clock } from "../pure/when.ts";
import type { At } from "../store/moment.ts";
import { useStore } from "../store/store.ts";
import { useAnswer } from "../store/use.ts";
import { Lines, PlanFrame } from "./plan-panel.tsx";
import { usePlan } from "./use-plan.ts";

export function RollbackPlan({ at }: { at: At }) {
  const { api, time } = useStore();
  const answer = useAnswer(() => api.call("rollback.plan", { at }), []);
  const { isBusy, error, run } = usePlan();
  const found = answer.value.value;
  const word = "operation" in at ? String(at.operation) : at.time;
  const doIt = () => {
    void time.visit(undefined);
    run("rollback", () => api.call("rollback.run", { command: api.newCommand(), at }));
  };
  return (
    <PlanFrame
      title="Bring everything back"
      error={answer.error.value ?? error.value}
      line={`strata rollback --to ${word}`}
      buttons={
        <Button
          tone="main"
          icon="history"
          disabled={!found || found.lines.length === 0}
          isBusy={isBusy.value}
          onClick={doIt}
        >
          Roll back
        </Button>
      }
    >
      {found && (
        <>
          <p>
            To how it was at {clock(found.asOf.time)}. Every present is kept as a branch, and the whole can be undone.
          </p>
          {found.lines.length === 0 && <p class="muted">Nothing is different.</p>}
          <Lines title="What changes" lines={found.lines} />
          <Lines title="What stays" lines={found.remains} />
        </>
      )}
    </PlanFrame>
  );
}
