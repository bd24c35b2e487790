/** Outcomes and notes that appear for a while, and are read aloud by those who listen. */
import { signal } from "@preact/signals";
import type { Failure } from "../../model/operation.ts";

export interface Toast {
  readonly id: number;
  readonly tone: "ok" | "bad" | "note";
  readonly title: string;
  readonly detail?: string;
  /** Of the operation that it is about: it can be shown and, where that is possible, undone. */
  readonly operation?: number;
  readonly canUndo?: boolean;
  readonly failure?: Failure;
  /** The command line that helps. */
  readonly next?: string;
}

const toastsMax = 5;
const okMs = 8_000;

export function createToasts() {
  const toasts = signal<readonly Toast[]>([]);
  let last = 0;
  const close = (id: number) => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  };
  return {
    toasts,
    close,
    /** What went wrong stays until it is closed. */
    show(toast: Omit<Toast, "id">) {
      const id = ++last;
      toasts.value = [...toasts.value, { ...toast, id }].slice(-toastsMax);
      if (toast.tone !== "bad") setTimeout(() => close(id), okMs);
    },
  };
}
export type Toasts = ReturnType<typeof createToasts>;
