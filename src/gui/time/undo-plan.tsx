/** What undo or redo would do. */
import { Button } from "../components/button.tsx";
import { useStore } from "../store/store.ts";
import { useAnswer } from "../store/use.ts";
import { Lines, PlanFrame } from "./plan-panel.tsx";
import { usePlan } from "./use-plan.ts";

export function UndoPlan({ isRedo, operation }: { isRedo: boolean; operation: number | undefined }) {
  const { api } = useStore();
  const which = operation === undefined ? {} : { operation };
  const answer = useAnswer(() => api.call("undo.plan", { ...which, isRedo }), []);
  const { isBusy, error, run } = usePlan();
  const found = answer.value.value;
  const word = isRedo ? "redo" : "undo";
  const doIt = () => {
    if (!found) return;
    const input = { ...which, isRedo, planned: found.operation };
    run(`${word} ${found.what}`, () => api.call("undo.run", { command: api.newCommand(), ...input }));
  };
  return (
    <PlanFrame
      title={isRedo ? "Redo" : "Undo"}
      error={answer.error.value ?? error.value}
      line={operation === undefined ? `strata ${word}` : `strata ${word} ${operation}`}
      buttons={
        <Button tone="main" icon="undo-2" disabled={!found} isBusy={isBusy.value} autofocus onClick={doIt}>
          {isRedo ? "Redo it" : "Undo it"}
        </Button>
      }
    >
      {found && (
        <>
          <p>
            <strong>{found.what}</strong>, operation {found.operation}, by {found.who}
          </p>
          <Lines title="What changes" lines={found.lines} />
          <Lines title="Left as it is, though it came later" lines={found.since} />
        </>
      )}
    </PlanFrame>
  );
}
