/** Looks at what running instances use, at a pace that depends on who asks, and remembers it for a while. No instance runs: nothing does. */
import type { Driver } from "../../drivers/driver.ts";
import type { EventLog } from "../../events/store/log.ts";
import type { Meter } from "../../guest/meter.ts";
import type { MetricSample } from "../../model/metrics.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Dispatcher } from "../dispatch.ts";
import { createInsides } from "./insides.ts";
import { sampleOf } from "./sample.ts";

/** Between looks while somebody follows, or has asked just now; and otherwise. */
export const watchedMs = 2_000;
export const unwatchedMs = 15_000;
/** So long a question counts for the pace, and for asking guests themselves. */
const askedMs = 10_000;
const insideMs = 60_000;
/** Of each instance: 20 minutes at the quick pace, 2.5 hours at the slow one. */
export const samplesMax = 600;
/** A look is told when all have answered, or after this; who is late is in the next one. */
const lookMs = 1_500;
/** The times of two looks at the same machine are not compared when they are closer. */
const freshMs = 1_000;

export interface SamplerPorts {
  readonly dispatcher: Pick<Dispatcher, "world">;
  readonly driver: Pick<Driver, "metrics">;
  readonly log: Pick<EventLog, "subscribe">;
  readonly clock: Clock;
  /** In the guest of an instance that runs. Rejects as opening a session does. */
  openMeter(id: string, signal: AbortSignal): Promise<Meter>;
}

export interface Sampler {
  /** Of an instance, oldest first. */
  of(id: string): readonly MetricSample[];
  /** Resolves when what is remembered is fresh, as far as guests and hypervisors answer. */
  look(): Promise<void>;
  /** Calls after each look until the answer is called; meanwhile the pace is quick. */
  follow(listener: () => void): () => void;
  close(): void;
}

export function createSampler(ports: SamplerPorts): Sampler {
  const { dispatcher, driver, log, clock } = ports;
  const insides = createInsides(ports.openMeter, clock);
  const histories = new Map<string, MetricSample[]>();
  const busy = new Set<string>();
  const listeners = new Set<() => void>();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let disarm: (() => void) | undefined;
  let isClosed = false;

  const running = () => [...dispatcher.world().instances.values()].filter(({ power }) => power === "running");
  const isAsked = (forMs: number) => listeners.size > 0 || clock.monotonicMs() - askedAtMs < forMs;
  const pace = () => (isAsked(askedMs) ? watchedMs : unwatchedMs);

  const sample = async (id: string, limit: AbortSignal): Promise<void> => {
    busy.add(id);
    try {
      const inside = isAsked(insideMs) ? insides.ask(id, limit) : {};
      const [counters, told] = await Promise.all([driver.metrics?.read(id, limit), inside]);
      const history = histories.get(id) ?? [];
      histories.set(id, history);
      history.push(sampleOf(clock.now().toISOString(), { ...counters, ...told }, history.at(-1)));
      if (history.length > samplesMax) history.shift();
    } catch {
      // A machine that does not tell leaves a gap.
    } finally {
      busy.delete(id);
    }
  };

  const lookNow = async (): Promise<void> => {
    lookedMs = clock.monotonicMs();
    const ids = running().map(({ id }) => id);
    insides.keep(new Set(isAsked(insideMs) ? ids : []));
    const late = Promise.withResolvers<void>();
    const limit = new AbortController();
    const stop = clock.after(lookMs, () => {
      limit.abort(new Error("the look is over"));
      late.resolve();
    });
    const all = ids.filter((id) => !busy.has(id)).map((id) => sample(id, limit.signal));
    await Promise.race([Promise.all(all), late.promise]);
    stop();
    for (const listener of listeners) listener();
  };
  const look = (): Promise<void> => {
    disarm?.();
    looking ??= lookNow().finally(() => {
      looking = undefined;
      arm();
    });
    return looking;
  };
  /** The next look, unless nothing runs; whoever starts asking has one sooner. */
  const arm = () => {
    disarm?.();
    disarm = undefined;
    if (isClosed || looking || running().length === 0) return;
    const inMs = Math.max(0, lookedMs + pace() - clock.monotonicMs());
    disarm = clock.after(inMs, () => void look());
  };
  let wasRunning = running().length;
  const unsubscribe = log.subscribe(() => {
    for (const id of histories.keys()) if (!dispatcher.world().instances.has(id)) histories.delete(id);
    const now = running().length;
    // Whoever follows hears that the last one is off.
    if (now === 0 && wasRunning > 0 && listeners.size > 0) void look();
    else if (disarm === undefined) arm();
    wasRunning = now;
  });
  arm();

  return {
    of: (id) => histories.get(id) ?? [],
    look: async () => {
      askedAtMs = clock.monotonicMs();
      if (looking || askedAtMs - lookedMs >= freshMs) return look();
      arm();
    },
    follow: (listener) => {
      listeners.add(listener);
      arm();
      return () => void listeners.delete(listener);
    },
    close: () => {
      isClosed = true;
      unsubscribe();
      disarm?.();
      insides.keep(new Set());
    },
  };
}
