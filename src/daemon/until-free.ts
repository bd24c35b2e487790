/** A user's command does not run into a point that the daemon is just making: it waits for it. */
import type { EventLog } from "../events/store/log.ts";
import type { Clock } from "../sys/clock.ts";
import type { Dispatcher } from "./dispatch.ts";

/** Longer than the file systems of a guest stand still at the most; whoever waited in vain is told what is under way. */
const waitMsMax = 30_000;

interface Ports {
  readonly dispatcher: Pick<Dispatcher, "world">;
  readonly log: Pick<EventLog, "subscribe">;
  readonly clock: Pick<Clock, "after">;
}

/** Resolves when no automatic point of the instance is under way, and answers whether one was. */
export async function untilFree({ dispatcher, log, clock }: Ports, id: string): Promise<boolean> {
  const isMaking = (): boolean => {
    const pending = dispatcher.world().instances.get(id)?.pending;
    return pending?.kind === "snapshot" && pending.wanted?.kind === "auto";
  };
  if (!isMaking()) return false;
  const free = Promise.withResolvers<void>();
  const unsubscribe = log.subscribe(() => {
    if (!isMaking()) free.resolve();
  });
  const disarm = clock.after(waitMsMax, free.resolve);
  await free.promise;
  unsubscribe();
  disarm();
  return true;
}
