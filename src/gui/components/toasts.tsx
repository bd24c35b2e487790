/** Outcomes, told in a corner and to those who listen: what became of it, and the ways on from there. */
import { useStore } from "../store/store.ts";
import type { Toast } from "../store/toasts.ts";
import { Button, CopyButton } from "./button.tsx";
import { Icon } from "./icon.tsx";

const icons = { ok: "circle-check", bad: "circle-alert", note: "check" } as const;

export function Toasts() {
  const { toasts } = useStore().toasts;
  return (
    <div class="toasts" role="status" aria-live="polite" aria-label="Outcomes">
      {toasts.value.map((toast) => (
        <Card key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function Card({ toast }: { toast: Toast }) {
  const { toasts, router, verbs } = useStore();
  const { id, tone, title, detail, failure, operation, canUndo, next } = toast;
  const act = (work: () => void) => () => {
    toasts.close(id);
    work();
  };
  return (
    <div class={`toast ${tone}`}>
      <Icon name={icons[tone]} size={18} />
      <div>
        <strong>{title}</strong>
        {failure && <p class="muted">at the step {failure.step}</p>}
        {detail !== undefined && <p>{detail}</p>}
        {next !== undefined && (
          <p>
            <code>{next}</code> <CopyButton text={next} what="the command" />
          </p>
        )}
        <div class="toast-actions">
          {operation !== undefined && (
            <Button tone="quiet" onClick={act(() => router.go({ page: "history", operation }))}>
              Show
            </Button>
          )}
          {operation !== undefined && canUndo && (
            <Button tone="quiet" icon="undo-2" onClick={act(() => verbs.undo(operation))}>
              Undo
            </Button>
          )}
        </div>
      </div>
      <Button tone="quiet" icon="x" label="Close" onClick={() => toasts.close(id)} />
    </div>
  );
}
