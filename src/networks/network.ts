/** What a network needs from the host: the plan that the log's state asks for, and who makes it so. */

/** A network as it is to be. Isolated: its instances see only each other. */
export interface NetworkPlan {
  /** `default`, or what the user called it. */
  readonly name: string;
  readonly kind: "nat" | "isolated";
  /** CIDR, for example `10.77.0.0/16`. */
  readonly subnet: string;
}

/** Which hosts outside an instance may speak to: names, addresses or CIDR subnets. */
export type Egress = "all" | "none" | { readonly hosts: readonly string[] };

/** The place of one running instance in a network. */
export interface PortPlan {
  /** Id of the instance. */
  readonly instance: string;
  /** By which its sisters find it: `web` and `web.strata`. */
  readonly name: string;
  readonly network: string;
  readonly mac: string;
  readonly address: string;
  readonly egress: Egress;
  /** False: it is detached, and nothing goes in or out. */
  readonly isUp: boolean;
  /** Of the guest, reached through forwards: what answers from there is no attempt to go out. */
  readonly served: readonly { readonly protocol: "tcp" | "udp"; readonly port: number }[];
  /** Account that its machine runs under, if not ours: its tap is for that one alone. */
  readonly owner?: number;
}

/** One more network card of a running instance, bridged to an interface of the host: what is there gives addresses. */
export interface BridgedPlan {
  /** Id of the instance. */
  readonly instance: string;
  /** Which of its further cards, from 1. */
  readonly card: number;
  readonly mac: string;
  /** Of the host: a bridge, or an ethernet interface, which is put into a bridge `br-<name>` of its own for as long as somebody needs it. */
  readonly interface: string;
  readonly isUp: boolean;
  readonly owner?: number;
}

export interface NetworkWanted {
  readonly networks: readonly NetworkPlan[];
  readonly ports: readonly PortPlan[];
  readonly bridged?: readonly BridgedPlan[];
}

/** What an instance tried, and was not let do; counted since the last report. */
export interface Refusal {
  readonly instance: string;
  /** Address or name, as it was asked for. */
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "dns" | "other";
  readonly port?: number;
  readonly count: number;
}

/** One way to have networks on this host. Every call is idempotent and may follow a crash. */
export interface NetworkBackend {
  /** Makes what is there that which is wanted, and takes away what else is ours. Throws UserErrors (`network-unavailable`, `subnet-taken`). */
  apply(wanted: NetworkWanted, signal: AbortSignal): Promise<void>;
  /** At most one report per instance and destination each second. Returns the way to stop listening. */
  watch(listener: (refusals: readonly Refusal[]) => void): () => void;
  /** Lets go: what is there stays for the next daemon, but for what `wanted`, as it is when this one ends, needs no more. */
  close(wanted?: NetworkWanted): Promise<void>;
}
