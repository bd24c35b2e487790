/** Stops instances when that was asked for, and ends those that were made for a time only: to the trash at their time, for good when an ephemeral one has stopped. Level-triggered, by the wall clock. */
import { messageOf } from "../errors.ts";
import type { Command } from "../events/decide.ts";
import { daemonActor } from "../events/envelope.ts";
import { nextEnd, type Owed, owedEnd } from "../events/instance/lifetime.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import { byTheWay } from "./auto-points.ts";
import type { Dispatcher } from "./dispatch.ts";
import { purgeMs, stopMs, trashMs } from "./periods.ts";

/** The wall clock may be set, so it is looked at this often while a time is waited for. */
const lookMsMax = 60_000;
/** What failed is tried again by itself after this time. */
const againMs = 600_000;

export interface LifetimesOptions {
  readonly directory: string;
  readonly files: Pick<Files, "space">;
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
  /** What was tried last for each instance, and when, on the clock that nobody sets. */
  const tried = new Map<string, { readonly what: string; readonly atMs: number }>();
  const isSoon = (id: string, what: string, nowMs: number): boolean => {
    const last = tried.get(id);
    return last?.what === what && nowMs - last.atMs < againMs;
  };
  let disarm = (): void => {};

  function look(): void {
    disarm();
    const [now, nowMs] = [clock.now().toISOString(), clock.monotonicMs()];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const state of dispatcher.world().instances.values()) {
      const owed = options.isWritable() ? owedEnd(state, now) : undefined;
      // A stop that is asked for anew is another one.
      const what = owed === "stop" ? `stop ${state.stopsAt}` : String(owed);
      if (owed && !isSoon(state.id, what, nowMs)) {
        tried.set(state.id, { what, atMs: nowMs });
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
function msUntilNext(state: InstanceState, isOwed: boolean, now: string): number {
  if (isOwed) return lookMsMax;
  const next = nextEnd(state, now);
  return next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next) - Date.parse(now);
}

async function end(options: LifetimesOptions, state: InstanceState, how: Owed): Promise<void> {
  const { dispatcher, clock, ids, react, report } = options;
  const operation = ids.next();
  try {
    const command = how === "stop" ? await stopOf(options, state, operation) : endOf(options, state, how, operation);
    if (!command) return;
    const reason = reasonFor(state, how, clock.now().toISOString());
    await dispatcher.dispatch(command, { by: daemonActor, command: ids.next(), operation, reason });
    react();
  } catch (error) {
    report(`${how === "stop" ? "stop" : "end"} of ${state.name}: ${messageOf(error)}`);
  }
}

function reasonFor({ endsAt }: InstanceState, how: Owed, now: string): string {
  if (how === "stop") return "its time to stop had come";
  return endsAt !== undefined && endsAt <= now ? "its time was over" : "it was made to go when it stops";
}

function endOf(
  { clock }: LifetimesOptions,
  { id }: InstanceState,
  how: Exclude<Owed, "stop">,
  operation: string,
): Command {
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  return how === "delete"
    ? { type: "delete", id, operation, deadline: inMs(stopMs), expires: inMs(trashMs) }
    : { type: "purge", id, operation, deadline: inMs(purgeMs), live: true };
}

/** As anybody's stop; undefined when it was called off meanwhile. */
async function stopOf(
  options: LifetimesOptions,
  { id }: InstanceState,
  operation: string,
): Promise<Command | undefined> {
  const { dispatcher, directory, files, ids, clock } = options;
  const keeping = await byTheWay({ config: { directory }, files, ids });
  const [world, nowMs] = [dispatcher.world(), clock.now().getTime()];
  const state = world.instances.get(id);
  if (!state || owedEnd(state, new Date(nowMs).toISOString()) !== "stop") return undefined;
  const deadline = new Date(nowMs + stopMs).toISOString();
  return { type: "stop", id, operation, deadline, force: false, ...keeping(world, id) };
}
