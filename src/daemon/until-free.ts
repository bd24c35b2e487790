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

/** Resolves when no automatic point of the instance is under way any more. Undefined: none is, and nobody needs to wait a turn. */
export function untilFree(ports: Ports, id: string): Promise<void> | undefined {
  const isMaking = (): boolean => {
    const pending = ports.dispatcher.world().instances.get(id)?.pending;
    return pending?.kind === "snapshot" && pending.wanted?.kind === "auto";
  };
  return isMaking() ? untilOver(ports, isMaking) : undefined;
}

async function untilOver({ log, clock }: Ports, isMaking: () => boolean): Promise<void> {
  const over = Promise.withResolvers<void>();
  const unsubscribe = log.subscribe(() => {
    if (!isMaking()) over.resolve();
  });
  const disarm = clock.after(waitMsMax, over.resolve);
  await over.promise;
  unsubscribe();
  disarm();
}
