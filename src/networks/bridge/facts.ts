/** What of a host bears on its bridge networks, for whoever looks for the cause of a trouble. Nothing is changed. */
import { z } from "zod";
import type { NetworkWanted } from "../network.ts";
import type { HostNetwork } from "./host.ts";
import { isOurs } from "./links.ts";
import type { Names } from "./names.ts";
import { collision } from "./subnets.ts";
import type { Tool } from "./tools.ts";

/** A chain of somebody else's that drops what its rules do not let through. */
export interface Barrier {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: "input" | "forward";
  /** Whose it is, as far as its names tell. */
  readonly owner: "docker" | "ufw" | "firewalld" | "other";
}

/** Through it a machine's card gets to its tap. */
export const tunDevice = "/dev/net/tun";

export interface BridgeFacts {
  /** Programs that the host lacks. */
  readonly missing: readonly Tool[];
  /** Networks in use; `obstacle`: the route of the host's over another link that leads into the subnet. */
  readonly networks: readonly {
    readonly name: string;
    readonly subnet: string;
    readonly bridge: string;
    readonly isThere: boolean;
    readonly isIsolated: boolean;
    readonly obstacle?: { readonly destination: string; readonly device: string };
  }[];
  readonly passesOn: boolean;
  /** Of `tunDevice`, which each machine opens under an account of its own; nothing: it is missing. */
  readonly tunMode?: number;
  readonly isServed: boolean;
  readonly barriers: readonly Barrier[];
  /** Instances that run: does dnsmasq know that the guest took its address? */
  readonly ports: readonly {
    readonly name: string;
    readonly address: string;
    readonly network: string;
    readonly hasLease: boolean;
  }[];
}

export interface Raw {
  readonly wanted: NetworkWanted;
  readonly missing: readonly Tool[];
  readonly host: HostNetwork;
  /** Of `nft -j list chains`; absent: it could not be asked. */
  readonly chains?: string;
  readonly passesOn: boolean;
  /** Of `tunDevice`, which each machine opens under an account of its own; nothing: it is missing. */
  readonly tunMode?: number;
  readonly isServed: boolean;
  /** dnsmasq's file. */
  readonly leases: string;
}

export function factsFrom({ wanted, host, chains, leases, ...plain }: Raw, names: Names): BridgeFacts {
  const ours = new Set(host.links.filter((link) => isOurs(link, names)).map(({ name }) => name));
  const leased = new Set(leases.split("\n").map((line) => line.split(" ").slice(1, 3).join(" ")));
  return {
    ...plain,
    networks: wanted.networks.map(({ name, subnet, kind }) => {
      const found = collision(subnet, host.routes, ours);
      const bridge = names.bridge(name);
      return {
        name,
        subnet,
        bridge,
        isThere: ours.has(bridge),
        isIsolated: kind === "isolated",
        ...(found && { obstacle: { destination: found.destination, device: found.device } }),
      };
    }),
    barriers: chains === undefined ? [] : readBarriers(chains),
    ports: wanted.ports
      .filter(({ isUp }) => isUp)
      .map(({ name, address, network, mac }) => ({
        name,
        address,
        network,
        hasLease: leased.has(`${mac} ${address}`),
      })),
  };
}

const Chain = z.looseObject({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
const Answer = z.object({ nftables: z.array(z.looseObject({ chain: Chain.optional() })) });

/** Ours drop by rules, and let pass what is not theirs. Those of firewalld drop by a rule too, and are known by their table. */
export function readBarriers(text: string): Barrier[] {
  const all = Answer.parse(JSON.parse(text)).nftables.flatMap(({ chain }) => chain ?? []);
  return all.flatMap(({ family, table, name: chain, hook, policy }): Barrier[] => {
    const isFirewalld = table === "firewalld" && family === "inet";
    if ((hook !== "input" && hook !== "forward") || !(policy === "drop" || isFirewalld)) return [];
    const has = (word: string) =>
      all.some((each) => each.family === family && each.table === table && each.name.startsWith(word));
    const owner = isFirewalld
      ? "firewalld"
      : has("ufw")
        ? "ufw"
        : hook === "forward" && has("DOCKER")
          ? "docker"
          : "other";
    return [{ family, table, chain, hook, owner }];
  });
}
