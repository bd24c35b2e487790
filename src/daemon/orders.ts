/** What a launch needs to fetch its image and the log must not hold: the caller's proxies, the full address. In memory only. */
import type { Outside } from "../model/outside.ts";

export interface Order {
  readonly outside: Pick<Outside, "proxies" | "certificates">;
  /** With its query. */
  readonly url?: string;
  /** How the image was found, for whoever waits. */
  readonly notes: readonly string[];
}

export interface Orders {
  keep(operation: string, order: Order): void;
  /** After a restart of the daemon: the way out as the daemon itself was started with. */
  of(operation: string): Promise<Order>;
}

/** Launches that wait for their image; the oldest is forgotten. */
const ordersMax = 256;

export function createOrders(own: () => Promise<Order["outside"]>): Orders {
  const orders = new Map<string, Order>();
  return {
    keep(operation, order) {
      orders.set(operation, order);
      for (const oldest of orders.keys()) {
        if (orders.size <= ordersMax) break;
        orders.delete(oldest);
      }
    },
    of: async (operation) => orders.get(operation) ?? { outside: await own(), notes: [] },
  };
}
