/** Ends instances that were made for a time only: to the trash at their time, for good when an ephemeral one has stopped. Level-triggered, by the wall clock. */
import { messageOf } from "../errors.ts";
import type { Command } from "../events/decide.ts";
import { daemonActor } from "../events/envelope.ts";
import { owedEnd } from "../events/instance/lifetime.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";
import { purgeMs, stopMs, trashMs } from "./periods.ts";

/** The wall clock may be set, so it is looked at this often while a time is waited for. */
const lookMsMax = 60_000;
/** What failed is tried again by itself after this time. */
const againMs = 600_000;

export interface LifetimesOptions {
  readonly dispatcher: Dispatcher;
  readonly log: Pick<EventLog, "subscribe">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  readonly react: () => void;
  readonly report: (line: string) => void;
}

/** From now on; the answer ends it. */
export function keepLifetimes(options: LifetimesOptions): () => void {
  const { dispatcher, log, clock } = options;
  /** When each end was tried last, on the clock that nobody sets. */
  const tried = new Map<string, number>();
  let disarm = (): void => {};

  function look(): void {
    disarm();
    const [now, nowMs] = [clock.now(), clock.monotonicMs()];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const state of dispatcher.world().instances.values()) {
      const owed = options.isWritable() ? owedEnd(state, now.toISOString()) : undefined;
      if (owed && nowMs - (tried.get(state.id) ?? Number.NEGATIVE_INFINITY) >= againMs) {
        tried.set(state.id, nowMs);
        void end(options, state, owed);
      }
      nextMs = Math.min(nextMs, msUntilNext(state, owed !== undefined, now));
    }
    for (const id of tried.keys()) if (!dispatcher.world().instances.has(id)) tried.delete(id);
    if (nextMs < Number.POSITIVE_INFINITY) disarm = clock.after(Math.min(nextMs, lookMsMax), look);
  }

  const unsubscribe = log.subscribe((records) => {
    if (records.some(({ stream }) => stream.startsWith("instance/"))) look();
  });
  look();
  return () => {
    unsubscribe();
    disarm();
  };
}

/** Infinite when only something that is recorded can make it owe an end: also one whose time is over, and which is busy. */
function msUntilNext({ endsAt, deleted, ephemeral }: InstanceState, isOwed: boolean, now: Date): number {
  if (isOwed) return lookMsMax;
  const isWaiting = endsAt !== undefined && (!deleted || ephemeral === true);
  const leftMs = isWaiting ? Date.parse(endsAt) - now.getTime() : 0;
  return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY;
}

async function end(options: LifetimesOptions, state: InstanceState, how: "delete" | "purge"): Promise<void> {
  const { dispatcher, clock, ids, react, report } = options;
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const operation = ids.next();
  const command: Command =
    how === "delete"
      ? { type: "delete", id: state.id, operation, deadline: inMs(stopMs), expires: inMs(trashMs) }
      : { type: "purge", id: state.id, operation, deadline: inMs(purgeMs), live: true };
  const isOver = state.endsAt !== undefined && state.endsAt <= inMs(0);
  const reason = isOver ? "its time was over" : "it was made to go when it stops";
  try {
    await dispatcher.dispatch(command, { by: daemonActor, command: ids.next(), operation, reason });
    react();
  } catch (error) {
    report(`end of ${state.name}: ${messageOf(error)}`);
  }
}
