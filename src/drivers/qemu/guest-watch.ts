/** What a guest does by itself while something is done to it: whether it ended, and how long it stood still. */
import type { StopCause } from "../../model/instance.ts";
import { readEvent } from "./judge.ts";
import type { Life } from "./life.ts";
import type { QmpEvent } from "./qmp.ts";

export interface GuestWatch {
  /** Why the guest has ended by itself meanwhile. */
  ended(): StopCause | undefined;
  /** How long it stood still. */
  pausedMs(): number | undefined;
  unwatch(): void;
}

/** From now on, until `unwatch`. */
export function watchGuest({ listeners, context }: Life): GuestWatch {
  let cause: StopCause | undefined;
  let stoppedMs: number | undefined;
  let resumedMs: number | undefined;
  const hear = (event: QmpEvent) => {
    const atMs = event.atMs ?? context.clock.now().getTime();
    if (event.name === "STOP") stoppedMs = atMs;
    if (event.name === "RESUME") resumedMs = atMs;
    const { isEnd, happening } = readEvent(event);
    if (isEnd) cause ??= happening?.kind === "panicked" ? "panic" : "guest";
  };
  listeners.add(hear);
  return {
    ended: () => cause,
    pausedMs: () =>
      stoppedMs === undefined || resumedMs === undefined ? undefined : Math.max(0, Math.round(resumedMs - stoppedMs)),
    unwatch: () => void listeners.delete(hear),
  };
}
