/** Relays of UDP: whoever sends has a port of its own towards the other side, for as long as something comes or goes. */
import type { Clock } from "../../sys/clock.ts";
import { type Datagrams, openDatagrams } from "../../sys/listener.ts";
import type { Address } from "../../sys/network.ts";
import type { OpenRelay, Relay } from "./relay.ts";

/** Senders of one relay; for one more, the one that was silent for longest is forgotten. */
export const flowsMax = 1_024;
export const silentMsMax = 60_000;
/** Datagrams of one sender that wait for its port. */
const waitingMax = 16;

interface Flow {
  readonly port: Promise<Datagrams>;
  waiting: number;
  usedMs: number;
}

/** Opens the port. Rejects with the system's error. */
export async function openUdpRelay({ bind, host, to }: Relay, clock: Clock): Promise<OpenRelay> {
  const flows = new Map<string, Flow>();
  const forget = (key: string, flow: Flow): void => {
    flows.delete(key);
    flow.port.then(
      (port) => port.close(),
      () => undefined,
    );
  };

  function flowOf(from: Address): Flow {
    const key = `${from.host}:${from.port}`;
    const known = flows.get(key);
    if (known) flows.delete(key);
    const flow = known ?? { port: openFlow(from), waiting: 0, usedMs: 0 };
    flow.usedMs = clock.monotonicMs();
    // The newest is the last.
    flows.set(key, flow);
    const [oldest] = flows;
    if (flows.size > flowsMax && oldest) forget(...oldest);
    return flow;
  }

  /** Only what the other side sends comes back. */
  const openFlow = (from: Address): Promise<Datagrams> =>
    openDatagrams({ host: anyAddress, port: 0 }, (bytes, by) => {
      if (by.host !== to.host || by.port !== to.port) return;
      flowOf(from);
      near.send(bytes, from);
    });

  const received = (bytes: Uint8Array, from: Address): void => {
    const flow = flowOf(from);
    if (flow.waiting >= waitingMax) return;
    flow.waiting += 1;
    flow.port
      .then((port) => port.send(bytes, to))
      .catch(() => undefined)
      .finally(() => (flow.waiting -= 1));
  };
  const near = await openDatagrams({ host: bind, port: host }, received);

  const sweep = (): void => {
    const beforeMs = clock.monotonicMs() - silentMsMax;
    for (const [key, flow] of flows) if (flow.usedMs < beforeMs) forget(key, flow);
    stop = clock.after(silentMsMax, sweep);
  };
  let stop = clock.after(silentMsMax, sweep);
  return {
    close: () => {
      stop();
      near.close();
      for (const [key, flow] of flows) forget(key, flow);
    },
  };
}

const anyAddress = "0.0.0.0";
