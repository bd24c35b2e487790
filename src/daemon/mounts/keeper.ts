/** Keeps one mount of one running guest: opens it, and opens it again when it breaks, with growing pauses between. */
import { messageOf, UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { Mount } from "../../model/mount.ts";
import type { Clock } from "../../sys/clock.ts";
import { codeOf } from "../reactor.ts";
import type { MountWay, OpenMount } from "./way.ts";

export interface Fault {
  readonly code: string;
  readonly reason: string;
}

export interface KeeperOptions {
  readonly way: MountWay;
  readonly mount: Mount;
  readonly clock: Clock;
  readonly instance: () => InstanceState | undefined;
  /** The guest answers, and nothing is under way that would end what is opened now. */
  readonly mayOpen: () => boolean;
  /** Why it is not there; undefined: it is. Never rejects. */
  readonly tell: (fault: Fault | undefined) => Promise<void>;
  /** What is done about it, for whoever waits for the first time. */
  readonly say?: (text: string) => void;
}

export interface Keeper {
  readonly mount: Mount;
  /** Resolves when it is there for the first time; rejects with why it is not yet, or was dropped before. */
  readonly first: Promise<void>;
  /** Something has changed: who waits looks again. `isFresh`: what it failed by may be gone. */
  wake(isFresh: boolean): void;
  /** Unmounts for good. Throws `mount-busy`, and goes on keeping it then. */
  take(how: { readonly force: boolean; readonly signal: AbortSignal }): Promise<void>;
  /** Unmounts for as long as it may not be opened. Throws `mount-busy`. */
  release(signal: AbortSignal): Promise<void>;
  /** Lets go of what is here; the guest is not asked. */
  drop(): void;
}

const pauseMsMin = 1_000;
const pauseMsMax = 60_000;
/** A folder that is missing may be made again at any time, and looking for it is cheap. */
const sourcePauseMsMax = 5_000;
/** What breaks before this was not there for long. */
const shortMs = 10_000;
/** One that broke so often in a row is told to be degraded, though it comes back each time. */
const breaksMax = 3;

/** Before the next try, after so many failures in a row. */
export function pauseMs(failures: number, code: string): number {
  const max = code.startsWith("mount-source-") ? sourcePauseMsMax : pauseMsMax;
  return Math.min(max, pauseMsMin * 2 ** Math.min(failures - 1, 10));
}

export function startKeeper(options: KeeperOptions): Keeper {
  const { way, mount, clock, instance, mayOpen, tell, say } = options;
  const dropped = new AbortController();
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => undefined);
  let open: OpenMount | undefined;
  let isTaken = false;
  let wake: (isFresh: boolean) => void = () => undefined;
  const isOver = () => isTaken || dropped.signal.aborted;

  /** Until `ms` have passed and it may be opened; a fresh start ends the pause. */
  async function rest(ms: number): Promise<void> {
    const woken = Promise.withResolvers<void>();
    let isRested = ms === 0;
    const look = () => {
      if (isOver() || (isRested && mayOpen())) woken.resolve();
    };
    wake = (isFresh) => {
      isRested ||= isFresh;
      look();
    };
    const disarm = clock.after(ms, () => wake(true));
    look();
    await woken.promise;
    disarm();
    wake = () => undefined;
  }

  async function keep(): Promise<void> {
    let [failures, breaks] = [0, 0];
    let pause = 0;
    for (;;) {
      await rest(pause);
      const state = instance();
      if (isOver() || !state) return;
      try {
        open = await way.open(state, mount, dropped.signal, say);
      } catch (error) {
        if (isOver()) return;
        first.reject(error);
        pause = pauseMs(++failures, codeOf(error));
        await tell({ code: codeOf(error), reason: messageOf(error) });
        continue;
      }
      failures = 0;
      first.resolve();
      const openedMs = clock.monotonicMs();
      const steady = breaks < breaksMax ? undefined : clock.after(shortMs, () => void tell(undefined));
      if (breaks < breaksMax) await tell(undefined);
      const why = await open.ended;
      open = undefined;
      steady?.();
      if (isOver()) return;
      breaks = clock.monotonicMs() - openedMs < shortMs ? breaks + 1 : 0;
      pause = breaks === 0 ? 0 : pauseMs(breaks, "");
      if (breaks >= breaksMax) await tell({ code: "mount-lost", reason: why });
    }
  }

  async function close(how: { readonly force: boolean; readonly signal: AbortSignal }): Promise<void> {
    const closing = open;
    await closing?.close(how);
    if (open === closing) open = undefined;
  }

  void keep();
  return {
    mount,
    first: first.promise,
    wake: (isFresh) => wake(isFresh),
    release: (signal) => close({ force: false, signal }),
    async take(how) {
      isTaken = true;
      try {
        await close(how);
      } catch (error) {
        isTaken = false;
        throw error;
      }
      dropped.abort("unmounted");
      wake(true);
    },
    drop() {
      dropped.abort("dropped");
      first.reject(new UserError("guest-unreachable", "the guest does not answer any more"));
      wake(true);
      // The signal that is over says that only this side is asked.
      void open?.close({ force: true, signal: dropped.signal }).catch(() => undefined);
    },
  };
}
