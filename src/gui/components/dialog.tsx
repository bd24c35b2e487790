/** A dialog of the browser's own: focus stays inside, Esc closes it, and the focus of before comes back. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import { focusAgain } from "./focus.ts";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Buttons; `Close` where there are none. */
  readonly footer?: ComponentChildren;
  readonly size?: "small" | "wide";
  readonly onClose: () => void;
  /** It is a form: Enter sends it. */
  readonly onSubmit?: () => void;
}

export function Dialog({ title, children, footer, size = "small", onClose, onSubmit }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Open with the drawing that brings it: what is typed meanwhile is typed into it.
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    // By then it is out of the document, and closed with that.
    return () => focusAgain(before);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={element}
      class={`dialog ${size}`}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => event.target === element.current && onClose()}
    >
      <form class="dialog-body" onSubmit={submit} noValidate>
        <header>
          <h2 id={titleId}>{title}</h2>
          <Button icon="x" tone="quiet" label="Close" onClick={onClose} />
        </header>
        <div class="dialog-content">{children}</div>
        <footer>{footer ?? <Button onClick={onClose}>Close</Button>}</footer>
      </form>
    </dialog>
  );
}
