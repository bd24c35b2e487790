/** What dnsmasq (dnsmasq(8)) is told: a configuration for each of our two, and the files that it reads anew when it is asked to. Pure. */
import { domain } from "../../model/domain.ts";
import { ownAddresses, rangeOf, formatAddress } from "../../model/subnet.ts";
import type { NetworkPlan, NetworkWanted } from "../network.ts";
import type { Names } from "./names.ts";
import { gatePort, namesIn } from "./rules.ts";
import { maskOf } from "./subnets.ts";

/** `open` gives addresses and answers every question, `gate` answers only for sisters and the names in the lists of instances. */
export type Role = "open" | "gate";

/** Names that it remembers; what one is asked for is in the hands of guests. */
const cacheMax = 1000;
/** Questions under way; more are refused. */
const questionsMax = 150;
const leaseTime = "12h";

export interface Paths {
  /** Fixed addresses by hardware address. */
  readonly reservations: string;
  /** Addresses by name. */
  readonly hosts: string;
  readonly leases: string;
  /** Whom to ask for the names in lists. */
  readonly upstreams: string;
  /** Where the host asks for names. */
  readonly resolv: string;
}

/** `user`: the account that it is to run under once its sockets are open. */
export function configuration(role: Role, wanted: NetworkWanted, names: Names, paths: Paths, user: string): string {
  const { networks } = wanted;
  const common = [
    `user=${user}`,
    "no-hosts",
    `addn-hosts=${paths.hosts}`,
    `domain=${domain}`,
    `local=/${domain}/`,
    "domain-needed",
    "bogus-priv",
    `cache-size=${cacheMax}`,
    `dns-forward-max=${questionsMax}`,
    "bind-dynamic",
    "except-interface=lo",
    ...networks.map(({ name }) => `interface=${names.bridge(name)}`),
  ];
  const own = role === "open" ? addresses(networks, paths) : gate(wanted, names, paths);
  return [...common, ...own, ""].join("\n");
}

function addresses(networks: readonly NetworkPlan[], { reservations, leases, resolv }: Paths): string[] {
  return [
    `resolv-file=${resolv}`,
    `dhcp-hostsfile=${reservations}`,
    `dhcp-leasefile=${leases}`,
    "dhcp-authoritative",
    // A guest is who its card says, whatever else it calls itself.
    "dhcp-ignore-clid",
    "dhcp-ignore-names",
    "no-ping",
    "quiet-dhcp",
    ...networks.flatMap(({ name, kind, subnet }) => [
      `dhcp-range=set:${name},${formatAddress(rangeOf(subnet).first)},static,${maskOf(subnet)},${leaseTime}`,
      `dhcp-option=tag:${name},option:dns-server,${ownAddresses(subnet).bridge}`,
      // Without a value it is not given: there is no way out.
      `dhcp-option=tag:${name},option:router${kind === "nat" ? `,${ownAddresses(subnet).bridge}` : ""}`,
    ]),
  ];
}

/** A name in a list stands for everything below it too, as in dnsmasq's own lists. */
function gate({ ports }: NetworkWanted, names: Names, { upstreams }: Paths): string[] {
  const sets = listed(ports).map((name) => {
    const whose = ports.filter((port) => namesIn(port).includes(name));
    return `nftset=/${name}/${whose.map(({ instance }) => `4#inet#${names.table}#${names.set(instance)}`).join(",")}`;
  });
  return [
    `port=${gatePort}`,
    // What is refused is counted.
    "log-queries=extra",
    // Whom to ask is said for the names in lists alone: all else, of whatever type, is refused and goes nowhere.
    "no-resolv",
    `servers-file=${upstreams}`,
    ...sets,
  ];
}

const listed = (ports: NetworkWanted["ports"]): string[] => [...new Set(ports.flatMap(namesIn))].toSorted();

/** Who is asked for the names in lists: whom the host asks itself (resolv.conf(5)), three at most. */
export function upstreams({ ports }: NetworkWanted, resolv: string): string {
  const servers = [...resolv.matchAll(/^nameserver\s+([\da-fA-F.:]+)/gm)].map(([, address]) => address).slice(0, 3);
  return listed(ports)
    .flatMap((name) => servers.map((server) => `server=/${name}/${server}\n`))
    .join("");
}

/** A line for each card that may have an address. */
export const reservations = ({ ports }: NetworkWanted): string =>
  ports.map(({ mac, address }) => `${mac},${address}\n`).join("");

/** As in hosts(5). */
export const hosts = ({ ports }: NetworkWanted): string =>
  ports.map(({ address, name }) => `${address} ${name}.${domain} ${name}\n`).join("");

/**
 * The leases (expiry, hardware address, address, name, client id) without those that stand in the way of a reservation; undefined when
 * none does.
 */
export function freedLeases(leases: string, { ports }: NetworkWanted): string | undefined {
  const owner = new Map(ports.map(({ address, mac }) => [address, mac]));
  const lines = leases.split("\n");
  const kept = lines.filter((line) => {
    const [, mac = "", address = ""] = line.split(" ");
    const wanted = owner.get(address);
    return wanted === undefined || wanted === mac;
  });
  return kept.length === lines.length ? undefined : kept.join("\n");
}
