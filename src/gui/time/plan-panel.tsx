/** What would happen, before it does: filled by the daemon's dry run. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { UndoPlan } from "../../model/point-view.ts";
import { Button } from "../components/button.tsx";
import { CommandLine } from "../components/command-line.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Waiting } from "../components/empty.tsx";
import { Problem } from "../components/problem.tsx";
import { useStore } from "../store/store.ts";

export function PlanPanel() {
  const plan = useStore().plan.value;
  if (plan?.kind !== "undo" && plan?.kind !== "redo") return null;
  return <UndoPanel key={`${plan.kind} ${plan.operation}`} isRedo={plan.kind === "redo"} operation={plan.operation} />;
}

function UndoPanel({ isRedo, operation }: { isRedo: boolean; operation: number | undefined }) {
  const { api, plan, accepted } = useStore();
  const found = useSignal<UndoPlan | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const word = isRedo ? "redo" : "undo";
  const which = operation === undefined ? {} : { operation };
  useEffect(() => {
    api.call("undo.plan", { ...which, isRedo }).then(
      (answer) => (found.value = answer),
      (reason: unknown) => (error.value = reason),
    );
  }, []);
  const close = () => (plan.value = undefined);
  const run = async () => {
    if (!found.value) return;
    try {
      const planned = found.value.operation;
      accepted(
        await api.call("undo.run", { command: api.newCommand(), ...which, isRedo, planned }),
        `${word} ${found.value.what}`,
      );
      close();
    } catch (reason) {
      error.value = reason;
    }
  };
  const footer = (
    <>
      <Button onClick={close}>Leave it</Button>
      <Button tone="main" icon="undo-2" disabled={!found.value} onClick={() => void run()}>
        {isRedo ? "Redo it" : "Undo it"}
      </Button>
    </>
  );
  return (
    <Dialog title={isRedo ? "Redo" : "Undo"} onClose={close} footer={footer}>
      {found.value ? (
        <>
          <p>
            <strong>{found.value.what}</strong>, operation {found.value.operation}, by {found.value.who}
          </p>
          <ul>
            {found.value.lines.map((text) => (
              <li>{text}</li>
            ))}
          </ul>
          {found.value.since.length > 0 && <p class="muted">Left as it is since: {found.value.since.join(", ")}.</p>}
        </>
      ) : (
        error.value === undefined && <Waiting what="what it would do" />
      )}
      <Problem error={error.value} />
      <CommandLine line={operation === undefined ? `strata ${word}` : `strata ${word} ${operation}`} />
    </Dialog>
  );
}
