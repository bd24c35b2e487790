/** What instances were not let do, gathered so that a guest that tries all day fills no log: at most one event per instance and minute. */
import type { RefusedAttempt } from "../../model/network.ts";
import { refusedMax } from "../../events/instance/network-events.ts";
import type { Refusal } from "../../networks/network.ts";
import type { Clock } from "../../sys/clock.ts";

/** The first is told soon. */
const firstMs = 1_000;
const betweenMs = 60_000;

export interface RefusedBatch {
  readonly attempts: readonly RefusedAttempt[];
  /** To further destinations. */
  readonly others?: number;
}

export interface RefusalGatherer {
  add(refusals: readonly Refusal[]): void;
  close(): void;
}

interface Gathered {
  readonly attempts: Map<string, RefusedAttempt>;
  others: number;
  /** When the last was told, on the monotonic clock. */
  toldMs: number;
  disarm?: () => void;
}

/** `isKnown`: an instance that is gone is forgotten. */
export function gatherRefusals(
  clock: Pick<Clock, "after" | "monotonicMs">,
  isKnown: (instance: string) => boolean,
  tell: (instance: string, batch: RefusedBatch) => void,
): RefusalGatherer {
  const all = new Map<string, Gathered>();

  function flush(instance: string, gathered: Gathered): void {
    const { attempts, others } = gathered;
    delete gathered.disarm;
    gathered.toldMs = clock.monotonicMs();
    const batch = { attempts: [...attempts.values()], ...(others > 0 && { others }) };
    attempts.clear();
    gathered.others = 0;
    if (isKnown(instance)) tell(instance, batch);
    else all.delete(instance);
  }

  function addOne({ instance, ...refusal }: Refusal): void {
    const gathered: Gathered = all.get(instance) ?? {
      attempts: new Map(),
      others: 0,
      toldMs: Number.NEGATIVE_INFINITY,
    };
    all.set(instance, gathered);
    count(gathered, refusal);
    const inMs = Math.max(firstMs, gathered.toldMs + betweenMs - clock.monotonicMs());
    gathered.disarm ??= clock.after(inMs, () => flush(instance, gathered));
  }

  return {
    add: (refusals) => refusals.filter(({ instance }) => isKnown(instance)).forEach(addOne),
    close() {
      for (const { disarm } of all.values()) disarm?.();
    },
  };
}

function count(gathered: Gathered, { destination, protocol, port, count: times }: Omit<Refusal, "instance">): void {
  const { attempts } = gathered;
  const key = `${destination} ${protocol} ${port ?? ""}`;
  const known = attempts.get(key);
  if (!known && attempts.size >= refusedMax) gathered.others += times;
  else
    attempts.set(key, {
      destination,
      protocol,
      ...(port !== undefined && { port }),
      count: times + (known?.count ?? 0),
    });
}
