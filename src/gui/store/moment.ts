/** Which moment the page shows: now, or one of the past, when nothing can be changed. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Input } from "../../api/contract.ts";
import type { AsOf, InstanceView } from "../../model/view.ts";

export type At = Input<"past.instances">["at"];

/** A moment of the past with what there was; undefined: now. */
export interface Moment {
  readonly at: At;
  readonly asOf: AsOf;
  readonly instances: readonly InstanceView[];
}

export interface Shown {
  readonly moment: Signal<Moment | undefined>;
  readonly isPast: ReadonlySignal<boolean>;
  /** Instances of the moment that is shown. */
  readonly instances: ReadonlySignal<readonly InstanceView[]>;
}

export function createShown(now: ReadonlySignal<readonly InstanceView[]>): Shown {
  const moment = signal<Moment | undefined>(undefined);
  return {
    moment,
    isPast: computed(() => moment.value !== undefined),
    instances: computed(() => moment.value?.instances ?? now.value),
  };
}
