/** Makes the forwards that the log asks for true on machines that run, again and again: level-triggered, one instance at a time. */
import type { Driver } from "../../drivers/driver.ts";
import { messageOf } from "../../errors.ts";
import { daemonActor } from "../../events/envelope.ts";
import type { ForwardState } from "../../events/instance/forwards.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { EventLog } from "../../events/store/log.ts";
import { formatHostPort, isSamePort } from "../../model/forward.ts";
import type { ForwardFailure } from "../../model/forward-view.ts";
import type { Clock } from "../../sys/clock.ts";
import type { HostPorts } from "../../sys/host-ports.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Dispatcher } from "../dispatch.ts";
import { openWays, type ForwardWays } from "./ways.ts";

/** What is open is looked at this often, and what could not be opened is tried again. */
const lookMs = 60_000;
const againMs = 5_000;
/** Whoever changes a forward waits no longer than this for it to be true. */
const settleMsMax = 5_000;
const applyMsMax = 40_000;

export interface ForwardKeeper {
  /** Resolves when what is recorded of the instance's forwards is true or known to have failed; in any case soon. */
  settle(id: string): Promise<void>;
  close(): void;
}

export interface KeeperOptions {
  readonly dispatcher: Dispatcher;
  readonly driver: Pick<Driver, "forwards">;
  readonly ways: ForwardWays;
  readonly log: Pick<EventLog, "subscribe">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly ports: HostPorts;
  readonly isWritable: () => boolean;
  readonly report: (line: string) => void;
}

/** What was made true: these forwards, in this run of the machine. */
interface Applied {
  readonly run: InstanceState["running"];
  readonly forwards: InstanceState["forwards"];
  readonly isWhole: boolean;
  readonly atMs: number;
}

/** From now on; machines that run already are looked at first, whatever an earlier life of the daemon left there. */
export function keepForwards(options: KeeperOptions): ForwardKeeper {
  const { dispatcher, log, clock, ways, report } = options;
  const running = () => [...dispatcher.world().instances.values()].filter(({ power }) => power === "running");
  /** An earlier life of the daemon may have left them anything. */
  const inherited = new Set(running().map(({ id }) => id));
  const applied = new Map<string, Applied>();
  const busy = new Map<string, Promise<void>>();
  const said = new Map<string, string>();
  let isClosed = false;
  let disarm = (): void => {};

  const stateOf = (id: string) => dispatcher.world().instances.get(id);
  const isTrue = (state: InstanceState): boolean => {
    const last = applied.get(state.id);
    if (state.power !== "running") return true;
    if (last && last.run === state.running) return last.forwards === state.forwards;
    // A machine that was started in this life has none of its own.
    return state.forwards === undefined && !inherited.has(state.id);
  };
  const isDue = (state: InstanceState, nowMs: number): boolean => {
    const last = applied.get(state.id);
    if (state.power !== "running" || busy.has(state.id)) return false;
    if (!isTrue(state)) return true;
    const periodMs = last?.isWhole === false ? againMs : lookMs;
    return state.forwards !== undefined && nowMs - (last?.atMs ?? 0) >= periodMs;
  };

  function look(): void {
    if (isClosed) return;
    disarm();
    const nowMs = clock.monotonicMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const state of dispatcher.world().instances.values()) {
      if (isDue(state, nowMs)) begin(state);
      if (state.forwards && state.power === "running")
        nextMs = Math.min(nextMs, applied.get(state.id)?.isWhole ? lookMs : againMs);
    }
    for (const id of applied.keys()) if (stateOf(id)?.power !== "running") letGo(id);
    if (nextMs < Number.POSITIVE_INFINITY) disarm = clock.after(nextMs, look);
  }

  /** The machine's own ports went with it. */
  function letGo(id: string): void {
    applied.delete(id);
    said.delete(id);
    const failed = (error: unknown) => report(`forwards of ${id}: ${messageOf(error)}`);
    ways.helper.set(id, [], AbortSignal.timeout(applyMsMax)).catch(failed);
  }

  function begin(state: InstanceState): void {
    const work = makeTrue(options, state)
      .then((isWhole) => {
        said.delete(state.id);
        note(state, isWhole);
      })
      .catch((error: unknown) => {
        // Once for each trouble: it is tried again every few seconds.
        if (said.get(state.id) !== messageOf(error)) report(`forwards of ${state.name}: ${messageOf(error)}`);
        said.set(state.id, messageOf(error));
        note(state, false);
      })
      .finally(() => {
        busy.delete(state.id);
        look();
      });
    busy.set(state.id, work);
  }

  /** What it says of failures is news of our own, and no other wish. */
  function note(before: InstanceState, isWhole: boolean): void {
    const now = stateOf(before.id);
    const isSameWish = now !== undefined && wishOf(now) === wishOf(before);
    const forwards = isSameWish ? now.forwards : before.forwards;
    inherited.delete(before.id);
    applied.set(before.id, { run: before.running, forwards, isWhole, atMs: clock.monotonicMs() });
  }

  const unsubscribe = log.subscribe((records) => {
    if (records.some(({ stream }) => stream.startsWith("instance/"))) look();
  });
  ways.helper
    .keep([...inherited], AbortSignal.timeout(applyMsMax))
    .catch((error: unknown) => report(`forwards: ${messageOf(error)}`));
  look();
  return {
    async settle(id) {
      const late = Promise.withResolvers<void>();
      const cancel = clock.after(settleMsMax, late.resolve);
      let isLate = false;
      void late.promise.then(() => (isLate = true));
      for (let state = stateOf(id); state && !isLate && !isTrue(state); state = stateOf(id)) {
        look();
        await Promise.race([busy.get(id), late.promise]);
      }
      cancel();
    },
    close() {
      isClosed = true;
      unsubscribe();
      disarm();
    },
  };
}

const wishOf = ({ forwards = [] }: InstanceState): string =>
  forwards.map((each) => `${formatHostPort(each)} ${each.guest}`).join(",");

/** Answers whether all of them are open; what has changed about that is recorded. */
async function makeTrue(options: KeeperOptions, state: InstanceState): Promise<boolean> {
  const { driver, ways, ports } = options;
  if (!driver.forwards) return true;
  const { forwards = [] } = state;
  const opened = await openWays({ driver: driver.forwards, ways, ports }, state, AbortSignal.timeout(applyMsMax));
  const failures = opened.map((failure, index) => ({ forward: forwards[index], failure }));
  for (const { forward, failure } of failures) if (forward) await tell(options, state, forward, failure);
  return failures.every(({ failure }) => failure === undefined);
}

async function tell(
  { dispatcher, ids, isWritable }: KeeperOptions,
  { id }: InstanceState,
  forward: ForwardState,
  failure: ForwardFailure | undefined,
): Promise<void> {
  const now = dispatcher
    .world()
    .instances.get(id)
    ?.forwards?.find((each) => isSamePort(each, forward));
  if (!now || (now.failure?.code === failure?.code && now.failure?.reason === failure?.reason)) return;
  if (!isWritable()) return;
  const { protocol, bind, host } = forward;
  await dispatcher.dispatch(
    { type: "forward-observed", id, protocol, bind, host, ...(failure && { failure }) },
    { by: daemonActor, command: ids.next() },
  );
}
