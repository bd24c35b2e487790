/** Moving through time: the operations that one can stand after, and the moment that the page shows. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { HistoryRow } from "../../model/view.ts";
import type { Api } from "../api/client.ts";
import { joined, stepped, type Tick, ticksOf } from "../pure/time-axis.ts";
import type { Moment, Shown } from "./moment.ts";
import type { Toasts } from "./toasts.ts";
import { messageOf } from "../../errors.ts";

/** Operations on the bar; older ones are reached from the history. */
const ticksMax = 2_000;
/** Moments that are kept: what was then never changes. */
const momentsMax = 50;

export interface Time {
  readonly ticks: ReadonlySignal<readonly Tick[]>;
  /** The operation whose end is shown; undefined: now. */
  readonly operation: Signal<number | undefined>;
  /** Shows how it was right after that operation; undefined: now. */
  visit(operation: number | undefined): Promise<void>;
  /** One operation back, or on. */
  step(direction: -1 | 1): Promise<void>;
  /** Operations have ended since: the newest rows of the history. */
  refresh(newest: readonly HistoryRow[]): Promise<void>;
}

export function createTime(api: Api, shown: Shown, toasts: Toasts): Time {
  const ticks = signal<readonly Tick[]>([]);
  const operation = signal<number | undefined>(undefined);
  const kept = new Map<number, Promise<Moment>>();

  const momentAfter = (number: number): Promise<Moment> => {
    const known = kept.get(number);
    if (known) return known;
    const at = { operation: number };
    const asked = api.call("past.instances", { at }).then((answer) => ({ at, ...answer }));
    asked.catch(() => kept.delete(number));
    kept.set(number, asked);
    const [oldest] = kept.keys();
    if (kept.size > momentsMax && oldest !== undefined) kept.delete(oldest);
    return asked;
  };
  /** The next step is there before it is asked for. */
  const prefetch = (number: number) => {
    const before = stepped(ticks.peek(), number, -1);
    if (before) momentAfter(before.operation).catch(() => undefined);
  };
  const visit = async (wanted: number | undefined) => {
    operation.value = wanted;
    if (wanted === undefined) {
      shown.moment.value = undefined;
      return;
    }
    try {
      const moment = await momentAfter(wanted);
      // The one that was asked for last counts.
      if (operation.peek() !== wanted) return;
      shown.moment.value = moment;
      prefetch(wanted);
    } catch (error) {
      if (operation.peek() !== wanted) return;
      operation.value = shown.moment.peek()?.asOf.operation;
      toasts.show({ tone: "bad", title: `Operation ${wanted} cannot be looked back to`, detail: messageOf(error) });
    }
  };
  return {
    ticks,
    operation,
    visit,
    async step(direction) {
      const next = stepped(ticks.peek(), operation.peek(), direction);
      const isBeforeFirst = direction < 0 && next === undefined;
      if (!isBeforeFirst) await visit(next?.operation);
    },
    async refresh(newest) {
      const all = joined(ticks.peek(), ticksOf(newest), ticksMax);
      ticks.value = all ?? ticksOf(await api.call("history.list", { limit: ticksMax, reverse: false }));
    },
  };
}
