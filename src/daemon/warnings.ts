/** Tells the users of a guest that it is to be stopped: when that is asked for, every five minutes, each of the last five, and when it is called off. */
import type { InstanceState } from "../events/instance/state.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Clock } from "../sys/clock.ts";
import type { Dispatcher } from "./dispatch.ts";
import { addressOf, type GuestPort } from "./effects.ts";
import type { Keyring } from "./keyring.ts";

const minuteMs = 60_000;
/** Nearer than this, each minute is told. */
const nearMs = 5 * minuteMs;
/** A guest that is told of nothing in this time has other troubles. */
const tellingMs = 10_000;
/** As for any time of the wall clock, which may be set meanwhile. */
const lookMsMax = minuteMs;

export interface WarningsOptions {
  readonly dispatcher: Dispatcher;
  readonly log: Pick<EventLog, "subscribe">;
  readonly guest: Pick<GuestPort, "announce">;
  readonly keyring: Keyring;
  readonly clock: Clock;
}

/** Of a stop that is to come: when it is, and how long before that its users are told next. */
interface Warned {
  readonly stopsAt: string;
  nextMs: number;
}

/** How long before the stop it is told again, when `leftMs` are left; 0: not any more. */
export function nextWarningMs(leftMs: number): number {
  const everyMs = leftMs > nearMs ? nearMs : minuteMs;
  return Math.max(0, (Math.ceil(leftMs / everyMs) - 1) * everyMs);
}

/** From now on; the answer ends it. */
export function keepWarning(options: WarningsOptions): () => void {
  const { dispatcher, log, clock } = options;
  const warned = new Map<string, Warned>();
  let disarm = (): void => {};

  function look(): void {
    disarm();
    const { instances } = dispatcher.world();
    for (const [id, { stopsAt }] of warned) {
      const state = instances.get(id);
      if (state?.stopsAt === stopsAt) continue;
      warned.delete(id);
      // One that goes down is no good news, and one whose time is another hears of that below.
      if (state && canHear(state) && state.stopsAt === undefined) tell(options, state, {});
    }
    let untilMs = Number.POSITIVE_INFINITY;
    for (const state of instances.values()) untilMs = Math.min(untilMs, warn(state));
    if (untilMs < Number.POSITIVE_INFINITY) disarm = clock.after(Math.min(Math.max(0, untilMs), lookMsMax), look);
  }

  /** Answers how long until it is looked at again. */
  function warn(state: InstanceState): number {
    const { id, stopsAt } = state;
    if (stopsAt === undefined) return Number.POSITIVE_INFINITY;
    const leftMs = Date.parse(stopsAt) - clock.now().getTime();
    if (leftMs <= 0) return Number.POSITIVE_INFINITY;
    const known = warned.get(id) ?? { stopsAt, nextMs: leftMs };
    warned.set(id, known);
    if (leftMs <= known.nextMs) {
      known.nextMs = nextWarningMs(leftMs);
      if (canHear(state)) tell(options, state, { stopsAtMs: Date.parse(stopsAt) });
    }
    return known.nextMs === 0 ? Number.POSITIVE_INFINITY : leftMs - known.nextMs;
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

const canHear = ({ power, reachable, paused, pending }: InstanceState): boolean =>
  power === "running" && reachable && !paused && !pending;

/** What does not get there is nobody's loss: the stop comes all the same. */
function tell(
  { guest, keyring, clock }: WarningsOptions,
  state: InstanceState,
  when: { readonly stopsAtMs?: number },
): void {
  const limit = new AbortController();
  const disarm = clock.after(tellingMs, () => limit.abort("timeout"));
  addressOf(keyring, state)
    .then((address) => guest.announce(state.id, address, { name: state.name, ...when }, limit.signal))
    .catch(() => undefined)
    .finally(disarm);
}
