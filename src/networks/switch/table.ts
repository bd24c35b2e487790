/** Who is plugged into the switch, and what each may do: the plan of the daemon, made quick to ask. */
import type { Egress, NetworkPlan, NetworkWanted, PortPlan } from "../network.ts";
import { ownAddresses, type Range, readAddress, readHosts, readRange } from "../../model/subnet.ts";

export interface Port {
  readonly instance: string;
  readonly name: string;
  readonly mac: number;
  readonly address: number;
  readonly isUp: boolean;
  readonly segment: Segment;
  readonly outside: Outside;
  /** `tcp` and `udp` ports of the guest that are reached from outside. */
  readonly served: { readonly tcp: ReadonlySet<number>; readonly udp: ReadonlySet<number> };
}

/** What of the outside an instance may speak to. */
export type Outside = "all" | { readonly subnets: readonly Range[]; readonly names: ReadonlySet<string> };

/** Something on a network that has an address. */
export interface End {
  readonly mac: number;
  readonly address: number;
}

/** One network: who sees whom. */
export interface Segment {
  readonly subnet: Range;
  /** What each machine's own network (slirp) is to its guest: the way out, and whom to ask for names. */
  readonly gateway: End;
  readonly dns: End;
  readonly byMac: Map<number, Port>;
  readonly byAddress: Map<number, Port>;
  readonly byName: Map<string, Port>;
}

export type Table = ReadonlyMap<string, Port>;

/** slirp's MAC addresses are two bytes that are always the same, and the address. */
function slirpEnd(text: string): End | undefined {
  const address = readAddress(text);
  return address === undefined ? undefined : { address, mac: 0x5255 * 0x100000000 + address };
}

/** By instance. A port whose addresses are none, or whose network is not there or has no subnet, is left out. */
export function makeTable({ networks, ports }: NetworkWanted): Table {
  const segments = new Map(
    networks.flatMap((network) => {
      const segment = makeSegment(network);
      return segment ? [[network.name, { network, segment }] as const] : [];
    }),
  );
  const table = new Map<string, Port>();
  for (const plan of ports) {
    const found = segments.get(plan.network);
    const port = found && makePort(plan, found.network, found.segment);
    if (!port) continue;
    table.set(port.instance, port);
    if (port.isUp) enter(port);
  }
  return table;
}

function makeSegment({ subnet: text }: NetworkPlan): Segment | undefined {
  const subnet = readRange(text);
  if (!subnet) return undefined;
  const own = ownAddresses(text);
  const [gateway, dns] = [own.gateway, own.dns].map(slirpEnd);
  return gateway && dns && { subnet, gateway, dns, byMac: new Map(), byAddress: new Map(), byName: new Map() };
}

/** Undefined: it is no MAC address in its usual form. */
const parseMac = (text: string): number | undefined =>
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replaceAll(":", ""), 16) : undefined;

function makePort(plan: PortPlan, { kind }: NetworkPlan, segment: Segment): Port | undefined {
  const { instance, name, isUp } = plan;
  const mac = parseMac(plan.mac);
  const address = readAddress(plan.address);
  if (mac === undefined || address === undefined) return undefined;
  const outside = makeOutside(kind === "isolated" ? "none" : plan.egress);
  return { instance, name: name.toLowerCase(), mac, address, isUp, segment, outside, served: makeServed(plan) };
}

function enter(port: Port): void {
  port.segment.byMac.set(port.mac, port);
  port.segment.byAddress.set(port.address, port);
  port.segment.byName.set(port.name, port);
}

/** SSH is how the daemon itself gets in. */
const sshPort = 22;

function makeServed({ served }: PortPlan): Port["served"] {
  const of = (wanted: "tcp" | "udp") => served.filter(({ protocol }) => protocol === wanted).map(({ port }) => port);
  return { tcp: new Set([sshPort, ...of("tcp")]), udp: new Set(of("udp")) };
}

function makeOutside(egress: Egress): Outside {
  if (egress === "all") return "all";
  const hosts = egress === "none" ? [] : egress.hosts;
  const parsed = hosts.map((host) => ({ host: host.toLowerCase().replace(/\.$/, ""), subnet: readHosts(host) }));
  return {
    subnets: parsed.flatMap(({ subnet }) => (subnet ? [subnet] : [])),
    names: new Set(parsed.flatMap(({ host, subnet }) => (subnet ? [] : [host]))),
  };
}
