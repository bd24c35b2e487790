/** Hooks over the store: what a component looks at while it is there. */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { At } from "./moment.ts";
import type { Resource } from "./resource.ts";
import { useStore } from "./store.ts";

/** Its answer; undefined until there is one. It is kept up to date while the component is there. */
export function useResource<Value>(resource: Resource<Value>): Value | undefined {
  useEffect(() => resource.look(), [resource]);
  return resource.value.value;
}

/** An answer that is asked for when `key` changes. */
export function useAnswer<Value>(
  ask: (signal: AbortSignal) => Promise<Value>,
  key: readonly unknown[],
): { readonly value: Signal<Value | undefined>; readonly error: Signal<unknown> } {
  const value = useSignal<Value | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    const ending = new AbortController();
    ask(ending.signal).then(
      (answer) => {
        if (ending.signal.aborted) return;
        value.value = answer;
        error.value = undefined;
      },
      (reason: unknown) => {
        if (!ending.signal.aborted) error.value = reason;
      },
    );
    return () => ending.abort();
  }, key);
  return { value, error };
}

/** The same of the moment that the page shows: of now, or what `ask` answers for one of the past. */
export function useShown<Value>(
  resource: Resource<Value>,
  ask: (at: At) => Promise<Value>,
): { readonly value: Value | undefined; readonly error: unknown } {
  const moment = useStore().shown.moment.value;
  const now = useResource(resource);
  const then = useAnswer(async () => (moment ? ask(moment.at) : undefined), [moment]);
  return moment ? { value: then.value.value, error: then.error.value } : { value: now, error: resource.error.value };
}

/** A form's request: sent once at a time; what goes wrong is shown, and nothing that was typed is lost. */
export function useSending() {
  const isBusy = useSignal(false);
  const error = useSignal<unknown>(undefined);
  const send = async (work: () => Promise<void>) => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      await work();
    } catch (reason) {
      error.value = reason;
    } finally {
      isBusy.value = false;
    }
  };
  return { isBusy, error, send };
}
