/** From the links that are there to the ones that are wanted: lines for `ip -batch`, as a pure function. */
import { ownAddresses } from "../../model/subnet.ts";
import type { NetworkWanted } from "../network.ts";
import type { HostNetwork, Link } from "./host.ts";
import type { Names } from "./names.ts";

/** A link as it is to be. */
interface Wanted {
  readonly name: string;
  readonly kind: "bridge" | "tun";
  readonly isUp: boolean;
  /** Of a bridge: its own, and the host's address on it. */
  readonly mac?: string;
  readonly address?: string;
  readonly master?: string;
  readonly owner?: number;
}

/** Ours by name, and not marked as another data directory's. */
export const isOurs = ({ name, alias }: Link, names: Names): boolean =>
  name.startsWith(names.prefix) && (alias === undefined || alias === names.alias);

/** Lines that make the links what they are to be, what is to go first; none when all is so. `masters`: the bridge for each interface of the host. */
export function linkLines(
  wanted: NetworkWanted,
  found: HostNetwork,
  names: Names,
  masters: ReadonlyMap<string, string> = new Map(),
): string[] {
  const ours = found.links.filter((link) => isOurs(link, names));
  const links = wantedLinks(wanted, names, masters);
  const kept = new Set(links.filter((link) => ours.some((each) => isSame(each, link))).map(({ name }) => name));
  return [
    // A bridge goes last: what is in it goes first.
    ...ours
      .filter(({ name }) => !kept.has(name))
      .toSorted((a, b) => Number(a.kind === "bridge") - Number(b.kind === "bridge"))
      .map(({ name }) => `link delete dev ${name}`),
    ...links.flatMap((link) =>
      linesFor(link, kept.has(link.name) ? ours.find(({ name }) => name === link.name) : undefined, names),
    ),
  ];
}

function wantedLinks(
  { networks, ports, bridged = [] }: NetworkWanted,
  names: Names,
  masters: ReadonlyMap<string, string>,
): Wanted[] {
  return [
    ...networks.map(({ name, subnet }): Wanted => ({
      name: names.bridge(name),
      kind: "bridge",
      isUp: true,
      mac: names.mac(name),
      address: `${ownAddresses(subnet).bridge}/${subnet.split("/")[1]}`,
    })),
    ...ports.map(({ instance, network, isUp, owner }): Wanted => ({
      name: names.tap(instance),
      kind: "tun",
      isUp,
      master: names.bridge(network),
      ...(owner !== undefined && { owner }),
    })),
    ...bridged.map(({ instance, card, interface: name, isUp, owner }): Wanted => ({
      name: names.tap(instance, card),
      kind: "tun",
      isUp,
      master: masters.get(name) ?? name,
      ...(owner !== undefined && { owner }),
    })),
  ];
}

/** Anything else about it can be changed in place. */
const isSame = (link: Link, { name, kind, owner }: Wanted): boolean =>
  link.name === name && link.kind === kind && link.owner === owner;

function linesFor(link: Wanted, found: Link | undefined, names: Names): string[] {
  const { name, isUp, mac, address, master } = link;
  const set = `link set dev ${name}`;
  const extra = found?.addresses.filter((each) => each !== address) ?? [];
  return [
    ...(found ? [] : made(link)),
    ...(found?.alias === names.alias ? [] : [`${set} alias ${JSON.stringify(names.alias)}`]),
    ...(mac === undefined || found?.mac === mac ? [] : [`${set} address ${mac}`]),
    ...extra.map((each) => `address delete ${each} dev ${name}`),
    ...(address === undefined || found?.addresses.includes(address) ? [] : [`address add ${address} dev ${name}`]),
    ...(master === undefined || found?.master === master ? [] : [`${set} master ${master}`]),
    ...(found?.isUp === isUp ? [] : [`${set} ${isUp ? "up" : "down"}`]),
  ];
}

/** No addresses of IPv6 on either: guests reach nothing of the host by them. */
function made({ name, kind, owner }: Wanted): string[] {
  const quiet = `link set dev ${name} addrgenmode none`;
  if (kind === "bridge") return [`link add name ${name} type bridge stp_state 0 mcast_snooping 0`, quiet];
  return [`tuntap add dev ${name} mode tap${owner === undefined ? "" : ` user ${owner}`}`, quiet];
}
