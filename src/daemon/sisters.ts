/** Keeps the default network as the log has it: every instance that runs has a port, so that sisters reach each other by address and by name. */
import { userNetwork } from "../drivers/qemu/args.ts";
import { messageOf } from "../errors.ts";
import type { EventLog } from "../events/store/log.ts";
import type { World } from "../events/world.ts";
import type { NetworkBackend, NetworkWanted } from "../networks/network.ts";
import type { Clock } from "../sys/clock.ts";
import type { Dispatcher } from "./dispatch.ts";

export interface SistersOptions {
  readonly dispatcher: Pick<Dispatcher, "world">;
  readonly log: Pick<EventLog, "subscribe">;
  readonly network: NetworkBackend;
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

export interface Sisters {
  /** Resolves when what runs now is plugged in, or could not be. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const periodMs = 60_000;
const againMs = 5_000;

export function keepSisters({ dispatcher, log, network, clock, report }: SistersOptions): Sisters {
  const closing = new AbortController();
  let applied = "";
  let work: Promise<void> = Promise.resolve();
  let cancel = () => {};

  const apply = async (isForced: boolean) => {
    const { wanted, key } = planOf(dispatcher.world());
    if (closing.signal.aborted || (key === applied && !isForced)) return;
    cancel();
    try {
      await network.apply(wanted, closing.signal);
      applied = key;
      cancel = clock.after(periodMs, () => void settle(true));
    } catch (error) {
      if (closing.signal.aborted) return;
      report(`network: ${messageOf(error)}`);
      applied = "";
      cancel = clock.after(againMs, () => void settle(true));
    }
  };
  const settle = (isForced = false): Promise<void> => (work = work.then(() => apply(isForced)));
  const unsubscribe = log.subscribe(() => void settle());
  void settle(true);
  return {
    settle: () => settle(),
    async close() {
      unsubscribe();
      closing.abort();
      cancel();
      await work;
      await network.close();
    },
  };
}

/** `key` is another when anything of it is, and after a restart of a machine too. */
function planOf({ instances }: Pick<World, "instances">): { wanted: NetworkWanted; key: string } {
  const running = [...instances.values()].filter((instance) => instance.running !== undefined);
  const ports = running.map(({ id, name, mac, address }) => ({
    instance: id,
    name,
    network: "default",
    mac,
    address,
    egress: "all" as const,
    isUp: true,
    served: [],
  }));
  const wanted: NetworkWanted = { networks: [{ name: "default", kind: "nat", subnet: userNetwork.net }], ports };
  return { wanted, key: JSON.stringify([ports, running.map((instance) => instance.running?.since)]) };
}
