/** What is looked at before it is done: one panel for undo, redo, restore, fork and rollback, filled by the daemon's dry run. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "../components/button.tsx";
import { CommandLine } from "../components/command-line.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Waiting } from "../components/empty.tsx";
import { Problem } from "../components/problem.tsx";
import { useStore } from "../store/store.ts";
import { PointPlan } from "./point-plan.tsx";
import { RollbackPlan } from "./rollback-plan.tsx";
import { UndoPlan } from "./undo-plan.tsx";

export function PlanPanel() {
  const plan = useStore().plan.value;
  if (plan === undefined) return null;
  const key = JSON.stringify(plan);
  switch (plan.kind) {
    case "undo":
    case "redo":
      return <UndoPlan key={key} isRedo={plan.kind === "redo"} operation={plan.operation} />;
    case "restore":
    case "fork":
      return <PointPlan key={key} first={plan.kind} instance={plan.instance} word={plan.point} />;
    case "rollback":
      return <RollbackPlan key={key} at={plan.at} />;
  }
}

export interface PlanFrameProps {
  readonly title: string;
  /** Undefined: the daemon has not answered yet. */
  readonly children: ComponentChildren | undefined;
  readonly error: unknown;
  /** The equal command. */
  readonly line: string;
  /** Beside the one that leaves everything as it is. */
  readonly buttons: ComponentChildren;
}

/** Nothing happens before a button is pressed; `Leave it` is always there. */
export function PlanFrame({ title, children, error, line, buttons }: PlanFrameProps) {
  const { plan } = useStore();
  const close = () => (plan.value = undefined);
  const isFilled = children !== undefined;
  // The button that is meant can be pressed only from now on.
  useEffect(() => {
    if (isFilled) document.querySelector<HTMLElement>("dialog[open] footer [autofocus]")?.focus();
  }, [isFilled]);
  const footer = (
    <>
      <Button onClick={close}>Leave it</Button>
      {buttons}
    </>
  );
  return (
    <Dialog title={title} onClose={close} footer={footer}>
      <div class="plan">{children ?? (error === undefined && <Waiting what="what it would do" />)}</div>
      <Problem error={error} />
      <CommandLine line={line} />
    </Dialog>
  );
}

/** Lines under a heading; nothing where there are none. */
export function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
