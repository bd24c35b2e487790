/** The meters in guests, while somebody wants to know; one that fails is left alone for a while, and costs nothing but a gap. */
import type { Inside, Meter } from "../../guest/meter.ts";
import type { Clock } from "../../sys/clock.ts";

/** After a failure: a guest that boots, or has no shell, is not asked at every turn. */
const pauseMs = 20_000;

export interface Insides {
  /** Never rejects; nothing where it does not answer. */
  ask(id: string, signal: AbortSignal): Promise<Inside>;
  /** Closes all but those of these. */
  keep(ids: ReadonlySet<string>): void;
}

export function createInsides(open: (id: string, signal: AbortSignal) => Promise<Meter>, clock: Clock): Insides {
  const meters = new Map<string, Meter>();
  const failedMs = new Map<string, number>();
  const drop = (id: string) => {
    meters.get(id)?.close();
    meters.delete(id);
  };
  const ask = async (id: string, signal: AbortSignal): Promise<Inside> => {
    const meter = meters.get(id) ?? (await open(id, signal));
    meters.set(id, meter);
    return meter.ask(signal);
  };
  return {
    ask: async (id, signal) => {
      const since = failedMs.get(id);
      if (since !== undefined && clock.monotonicMs() - since < pauseMs) return {};
      try {
        const inside = await ask(id, signal);
        failedMs.delete(id);
        return inside;
      } catch {
        drop(id);
        failedMs.set(id, clock.monotonicMs());
        return {};
      }
    },
    keep: (ids) => {
      for (const id of meters.keys()) if (!ids.has(id)) drop(id);
      for (const id of failedMs.keys()) if (!ids.has(id)) failedMs.delete(id);
    },
  };
}
