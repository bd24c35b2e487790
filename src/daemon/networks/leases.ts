/** Who had which address when: read from the log, which gives an address with the instance's first event and takes it with its last. */
import type { EventLog } from "../../events/store/log.ts";
import type { Recorded } from "../../events/envelope.ts";
import type { LeaseView } from "../../model/network.ts";
import { defaultNetwork } from "../../model/network-word.ts";

const leasesMax = 10_000;

type Open = { -readonly [Key in keyof LeaseView]: LeaseView[Key] };

const beginnings: ReadonlySet<string> = new Set([
  "instance.launch-requested",
  "instance.fork-requested",
  "instance.import-requested",
]);

/** Newest first; a name is the last one that it had. */
export async function readLeases(log: Pick<EventLog, "read" | "durable">, address?: string): Promise<LeaseView[]> {
  const leases = new Map<string, Open>();
  for await (const record of log.read({ upTo: log.durable() })) {
    const begun = beginnings.has(record.type) ? leaseOf(record) : undefined;
    if (begun && (address === undefined || begun.address === address)) leases.set(begun.id, begun);
    const lease = leases.get(record.stream.slice("instance/".length));
    if (!lease) continue;
    if (record.type === "instance.renamed") lease.instance = String(record.data["name"]);
    if (isEnd(record)) lease.until = record.time;
  }
  return [...leases.values()].reverse().slice(0, leasesMax);
}

function leaseOf({ stream, time, data }: Recorded): Open {
  const { address, name, network } = data as { address: string; name: string; network?: { name: string } };
  const id = stream.slice("instance/".length);
  return { address, network: network?.name ?? defaultNetwork, instance: name, id, from: time };
}

/** It is gone for good, or it never came to be. */
const isEnd = ({ type, data }: Recorded): boolean =>
  type === "instance.purged" || (/^instance\.(?:launch|fork|import)-failed$/.test(type) && data["kept"] === false);
