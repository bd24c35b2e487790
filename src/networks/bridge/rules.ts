/**
 * All rules of ours, as a text for `nft -f -`, which takes effect as a whole or not at all (nft(8)). Two tables of one name, in
 * families of their own: `inet` is for packets that the host passes on or gets, `bridge` for frames between instances, which `inet`
 * never sees.
 */
import { z } from "zod";
import { ownAddresses, readHosts } from "../../model/subnet.ts";
import type { NetworkPlan, NetworkWanted, PortPlan } from "../network.ts";
import type { Names } from "./names.ts";

/** Where the name server for instances that may not ask for every name listens. */
export const gatePort = 5300;
/** Attempts are counted for so many destinations at once; each is forgotten after an hour of silence. */
const refusedMax = 4096;
/** Addresses that the names of one instance may stand for. */
const namedMax = 4096;

/** What is in our table already: a flush leaves chains and sets, and with them what was counted and which names were resolved. */
export interface FoundRules {
  readonly chains: readonly string[];
  readonly sets: readonly string[];
}

const Listed = z.object({ name: z.string() });
const Answer = z.object({
  nftables: z.array(z.looseObject({ chain: z.optional(Listed), set: z.optional(Listed) })),
});

/** Of `nft -j list table`. */
export function readRules(text: string): FoundRules {
  const found = Answer.parse(JSON.parse(text)).nftables;
  return {
    chains: found.flatMap(({ chain }) => chain?.name ?? []),
    sets: found.flatMap(({ set }) => set?.name ?? []),
  };
}

/** May its instances ask for any name? Others get the names of their lists, and of their sisters. */
export const isGated = ({ egress }: PortPlan, network: NetworkPlan | undefined): boolean =>
  egress !== "all" || network?.kind !== "nat";

/** Host names among what an instance may speak to; all else is addresses and subnets. */
export const namesIn = ({ egress }: PortPlan): string[] =>
  typeof egress === "string" ? [] : egress.hosts.filter((host) => !isNumeric(host)).map((host) => host.toLowerCase());

const isNumeric = (host: string): boolean => readHosts(host) !== undefined;

const numbersIn = ({ egress }: PortPlan): string[] =>
  typeof egress === "string" ? [] : egress.hosts.filter(isNumeric);

/** Text that takes all of it away; there need be none. */
export const removalText = ({ table }: Names): string =>
  ["inet", "bridge"].map((family) => `add table ${family} ${table}\ndelete table ${family} ${table}\n`).join("");

/** The text. Of an empty plan there is none: `removalText` is for that. */
export function rulesText(wanted: NetworkWanted, names: Names, found: FoundRules = { chains: [], sets: [] }): string {
  // With cards on interfaces of the host alone there is nothing to pass on.
  const inet = wanted.networks.length === 0 ? [] : [...sets(wanted, names), ...chains(wanted, names)];
  const kept = new Set(inet.map(({ name }) => name));
  const stale = [
    ...found.chains.filter((name) => !kept.has(name)).map((name) => `delete chain inet ${names.table} ${name}`),
    ...found.sets.filter((name) => !kept.has(name)).map((name) => `delete set inet ${names.table} ${name}`),
  ];
  return [
    `add table inet ${names.table}`,
    `flush table inet ${names.table}`,
    ...stale,
    block(`table inet ${names.table}`, inet),
    // Nothing in there is worth keeping.
    `add table bridge ${names.table}`,
    `delete table bridge ${names.table}`,
    block(`table bridge ${names.table}`, frameChains(wanted, names)),
    "",
  ].join("\n");
}

interface Part {
  readonly kind: "chain" | "set";
  readonly name: string;
  readonly lines: readonly string[];
}

const chain = (name: string, ...lines: readonly string[]): Part => ({ kind: "chain", name, lines });
const set = (name: string, ...lines: readonly string[]): Part => ({ kind: "set", name, lines });
const block = (head: string, parts: readonly Part[]): string =>
  [
    `${head} {`,
    ...parts.map(({ kind, name, lines }) => `  ${kind} ${name} {\n${lines.map((line) => `    ${line}\n`).join("")}  }`),
    "}",
  ].join("\n");
const oneOf = (words: readonly string[]): string => `{ ${words.join(", ")} }`;
const quoted = (words: readonly string[]): string => oneOf(words.map((word) => `"${word}"`));

function sets({ ports }: NetworkWanted, names: Names): Part[] {
  const counted = [`size ${refusedMax}`, "flags dynamic,timeout", "timeout 1h"];
  return [
    set("refused", "type ipv4_addr . ipv4_addr . inet_proto . inet_service", ...counted),
    set("refused_other", "type ipv4_addr . ipv4_addr . inet_proto", ...counted),
    ...ports
      .filter((port) => namesIn(port).length > 0)
      .map(({ instance }) => set(names.set(instance), "type ipv4_addr", `size ${namedMax}`)),
  ];
}

function chains(wanted: NetworkWanted, names: Names): Part[] {
  const { networks, ports } = wanted;
  const bridges = quoted(networks.map(({ name }) => names.bridge(name)));
  const networkOf = new Map(networks.map((each) => [each.name, each]));
  const outside = ports.filter(({ network }) => networkOf.get(network)?.kind === "nat");
  const lists = outside.filter(({ egress }) => typeof egress !== "string");
  const gated = ports.filter((port) => isGated(port, networkOf.get(port.network))).map(({ address }) => address);
  return [
    chain(
      "refuse",
      "meta l4proto { tcp, udp } update @refused { ip saddr . ip daddr . meta l4proto . th dport counter }",
      "meta l4proto != { tcp, udp } update @refused_other { ip saddr . ip daddr . meta l4proto counter }",
      "meta l4proto tcp reject with tcp reset",
      "reject with icmpx admin-prohibited",
    ),
    ...lists.map((port) => listChain(port, names)),
    chain("outward", ...verdicts(outside), "goto refuse"),
    chain(
      "inward",
      "ct state established,related accept",
      // Frames between sisters come by here where the host has its bridges filtered (br_netfilter).
      ...networks
        .map(({ name }) => names.bridge(name))
        .map((bridge) => `iifname "${bridge}" oifname "${bridge}" accept`),
      `iifname ${bridges} goto refuse`,
      "drop",
    ),
    chain(
      "to_host",
      "ct state established,related accept",
      "udp dport 67 accept",
      ...networks.map(({ name, subnet }) => doorOf(names.bridge(name), ownAddresses(subnet).bridge)),
      // Said to everybody, and no attempt to reach us.
      "meta pkttype { broadcast, multicast } drop",
      "goto refuse",
    ),
    chain(
      "forward",
      "type filter hook forward priority filter; policy accept;",
      `oifname ${bridges} goto inward`,
      `iifname ${bridges} goto outward`,
    ),
    chain("input", "type filter hook input priority filter; policy accept;", `iifname ${bridges} goto to_host`),
    chain(
      "questions",
      "type nat hook prerouting priority dstnat; policy accept;",
      ...(gated.length === 0
        ? []
        : ["tcp", "udp"].map(
            (protocol) => `iifname ${bridges} ip saddr ${oneOf(gated)} ${protocol} dport 53 redirect to :${gatePort}`,
          )),
    ),
    chain(
      "leaving",
      "type nat hook postrouting priority srcnat; policy accept;",
      ...networks
        .filter(({ kind }) => kind === "nat")
        .map(({ subnet }) => `ip saddr ${subnet} ip daddr != ${subnet} masquerade`),
    ),
  ];
}

/** DNS, at the host's address in that very network. */
const doorOf = (bridge: string, address: string): string =>
  `iifname "${bridge}" ip daddr ${address} meta l4proto { tcp, udp } th dport { 53, ${gatePort} } accept`;

const listName = ({ instance }: PortPlan): string => `list_${instance.slice(-12)}`;

function listChain(port: PortPlan, names: Names): Part {
  return chain(
    listName(port),
    ...(namesIn(port).length === 0 ? [] : [`ip daddr @${names.set(port.instance)} accept`]),
    // A set would not take what overlaps.
    ...numbersIn(port).map((range) => `ip daddr ${range} accept`),
    "goto refuse",
  );
}

/** What becomes of a packet that wants out, by whose it is. Answers are no exception: what was allowed once may not be any more. */
function verdicts(ports: readonly PortPlan[]): string[] {
  const verdict = (port: PortPlan) =>
    port.egress === "all" ? "accept" : port.egress === "none" ? "goto refuse" : `goto ${listName(port)}`;
  const entries = ports.map((port) => `${port.address} : ${verdict(port)}`);
  return entries.length === 0 ? [] : [`ip saddr vmap ${oneOf(entries)}`];
}

/** Each tap lets in only what is its guest's: its hardware address, and on a network of ours its IPv4 address, and nobody plays the DHCP server. */
function frameChains({ ports, bridged = [] }: NetworkWanted, names: Names): Part[] {
  const cards = [
    ...ports.map(({ instance, mac, address }) => ({ tap: names.tap(instance), mac, address })),
    ...bridged.map(({ instance, card: index, mac }) => ({ tap: names.tap(instance, index), mac, address: undefined })),
  ];
  const name = (tap: string) => `from_${tap.slice(names.prefix.length)}`;
  const entries = cards.map(({ tap }) => `"${tap}" : goto ${name(tap)}`);
  return [
    ...cards.map(({ tap, mac, address }) =>
      chain(name(tap), ...ownFrames(mac), ...(address === undefined ? ["accept"] : ownPackets(address))),
    ),
    chain(
      "frames",
      "type filter hook prerouting priority filter; policy accept;",
      ...(entries.length === 0 ? [] : [`iifname vmap ${oneOf(entries)}`]),
      `iifname "${names.prefix}*" drop`,
    ),
  ];
}

const ownFrames = (mac: string): string[] => [
  `ether saddr != ${mac} drop`,
  `ether type arp arp saddr ether != ${mac} drop`,
];

const ownPackets = (address: string): string[] => [
  // A probe for an address has none itself (RFC 5227).
  `ether type arp arp saddr ip != { 0.0.0.0, ${address} } drop`,
  "ether type arp accept",
  "ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept",
  `ip saddr != ${address} drop`,
  "udp sport 67 drop",
  "ether type ip accept",
  "drop",
];
