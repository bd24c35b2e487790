/** What instances tried and were not let do, from the counters that nftables keeps for each destination. */
import { z } from "zod";
import type { PortPlan, Refusal } from "../network.ts";

/** Packets so far, by instance's address, destination, protocol and port. */
export type Counts = ReadonlyMap<string, number>;

const Element = z.object({
  elem: z.looseObject({
    val: z.object({ concat: z.array(z.union([z.string(), z.int()])) }),
    counter: z.object({ packets: z.int() }),
  }),
});
const Answer = z.object({
  nftables: z.array(z.looseObject({ set: z.looseObject({ elem: z.array(z.unknown()).optional() }).optional() })),
});

/** Of `nft -j list set`. */
export function readCounts(text: string): Map<string, number> {
  const elements = Answer.parse(JSON.parse(text)).nftables.flatMap(({ set }) => set?.elem ?? []);
  const counts = new Map<string, number>();
  for (const element of elements) {
    const { data } = Element.safeParse(element);
    if (data) counts.set(data.elem.val.concat.join(" "), data.elem.counter.packets);
  }
  return counts;
}

/** What was added since; a counter that is lower now began anew. */
export function refusalsSince(before: Counts, now: Counts, ports: readonly PortPlan[]): Refusal[] {
  const instances = new Map(ports.map(({ address, instance }) => [address, instance]));
  return [...now].flatMap(([key, packets]): Refusal[] => {
    const earlier = before.get(key) ?? 0;
    const count = packets >= earlier ? packets - earlier : packets;
    const [source = "", destination = "", protocol = "", port] = key.split(" ");
    const instance = instances.get(source);
    if (count === 0 || instance === undefined) return [];
    return [
      {
        instance,
        destination,
        protocol: protocolOf(protocol),
        ...(port !== undefined && { port: Number(port) }),
        count,
      },
    ];
  });
}

/** nft writes the ones that it knows by name. */
function protocolOf(word: string): Refusal["protocol"] {
  if (word === "tcp" || word === "6") return "tcp";
  if (word === "udp" || word === "17") return "udp";
  return word === "icmp" || word === "1" ? "icmp" : "other";
}
