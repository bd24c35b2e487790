/** Where a guest's frame may go: the law of the user-mode network as a pure function. */
import { formatAddress, holds, type Range, rangeOf } from "../../model/subnet.ts";
import { arpAnswer, prohibited } from "./build.ts";
import { isGroup, protocols } from "./frame.ts";
import type { Arp, Frame, Packet } from "./frame.ts";
import { judgeNames, llmnrPort } from "./judge-names.ts";
import type { Query } from "./names.ts";
import type { Port, Segment } from "./table.ts";

/** What was not let do. */
export interface Refused {
  readonly destination: string;
  readonly protocol: "tcp" | "udp" | "icmp" | "dns" | "other";
  readonly port?: number;
}

export type Verdict =
  /** Back into the machine's own network, which leads outside. */
  | { readonly to: "network" }
  | { readonly to: "sister"; readonly port: Port }
  /** To all sisters in its network. */
  | { readonly to: "sisters" }
  /** The switch answers by itself. */
  | { readonly to: "guest"; readonly answer: Uint8Array }
  /** The host is asked for a name that is allowed, and the answer goes to the guest. */
  | { readonly to: "resolver"; readonly frame: Frame; readonly packet: Packet; readonly query: Query }
  /** It counts as an attempt, and is answered with `answer`, if there is anything to say. */
  | { readonly to: "nobody"; readonly refused?: Refused; readonly answer?: Uint8Array };

/** Addresses that names were resolved to, now. */
export type IsLearned = (port: Port, address: number) => boolean;

const network: Verdict = { to: "network" };
const nobody: Verdict = { to: "nobody" };

/** `frame`: as the guest behind `from` has sent it. */
export function judge(frame: Frame | undefined, from: Port, isLearned: IsLearned): Verdict {
  // What is no ARP and no IPv4 (IPv6 too) has nobody to vouch for its addresses. A guest has one MAC address, and no other.
  if (!frame || !from.isUp || frame.source !== from.mac) return nobody;
  if (frame.arp) return judgeArp(frame.arp, frame, from);
  return frame.packet ? judgePacket(frame.packet, frame, from, isLearned) : nobody;
}

/** Sisters are never asked: where each of them is, the table knows. */
function judgeArp(arp: Arp, frame: Frame, from: Port): Verdict {
  // An address that is asked for before it is used has none to be asked from.
  if (arp.senderMac !== from.mac || (arp.sender !== from.address && arp.sender !== 0)) return nobody;
  if (isSlirp(arp.target, from.segment)) return network;
  if (!arp.isRequest || arp.target === from.address) return nobody;
  const sister = from.segment.byAddress.get(arp.target);
  if (!sister) return nobody;
  return { to: "guest", answer: arpAnswer({ mac: frame.source, address: arp.sender }, sister) };
}

function judgePacket(packet: Packet, frame: Frame, from: Port, isLearned: IsLearned): Verdict {
  if (isAddressRequest(packet, from)) return packet.source === from.address || packet.source === 0 ? network : nobody;
  if (packet.source !== from.address) return nobody;
  if (isGroup(frame.destination)) return judgeGroup(packet, frame, from);
  if (from.segment.byMac.has(frame.destination)) return judgeSister(packet, frame, from);
  const { gateway, dns } = from.segment;
  if (frame.destination !== gateway.mac && frame.destination !== dns.mac) return nobody;
  if (isSlirp(packet.destination, from.segment)) return judgeSlirp(packet, frame, from);
  return isAllowed(packet, from, isLearned) ? network : refuse(packet, frame, from);
}

/** DHCP: to everybody or, later, to the server. */
const isAddressRequest = ({ ports, protocol, destination }: Packet, { segment }: Port): boolean =>
  protocol === protocols.udp &&
  ports?.source === 68 &&
  ports.destination === 67 &&
  (destination === 0xffffffff || destination === segment.gateway.address);

/** Nobody but slirp gives addresses here. */
const isAddressOffer = ({ ports, protocol }: Packet): boolean =>
  protocol === protocols.udp && (ports?.destination === 68 || ports?.destination === 67);

/** Programs find each other by UDP (mDNS, games, discovery); nothing else is for all. */
function judgeGroup(packet: Packet, frame: Frame, from: Port): Verdict {
  const isEmpty = packet.protocol !== protocols.udp || packet.part === "later" || isAddressOffer(packet);
  if (isEmpty || !packet.ports) return nobody;
  const asked = packet.ports.destination === llmnrPort ? judgeNames(packet, frame, from) : undefined;
  return asked ?? { to: "sisters" };
}

function judgeSister(packet: Packet, frame: Frame, from: Port): Verdict {
  const port = from.segment.byMac.get(frame.destination);
  if (!port || port.address !== packet.destination || isAddressOffer(packet)) return nobody;
  return { to: "sister", port };
}

const isSlirp = (address: number, { gateway, dns }: Segment): boolean =>
  address === gateway.address || address === dns.address;

/** The gateway stands for the host's loopback, and the name server for whatever the host asks. */
function judgeSlirp(packet: Packet, frame: Frame, from: Port): Verdict {
  const { protocol, ports, isEchoRequest } = packet;
  if (isEchoRequest && packet.part === "whole") return network;
  if (protocol === protocols.icmp) return nobody;
  if (packet.destination === from.segment.dns.address && ports?.destination === 53) {
    if (protocol === protocols.udp && packet.part === "whole") return judgeNames(packet, frame, from) ?? nobody;
    if (protocol === protocols.tcp && from.outside === "all" && packet.part === "whole") return network;
  }
  return isAnswer(packet, from) ? network : refuse(packet, frame, from);
}

/**
 * From whom the guest was reached by a forward: slirp makes a connection of its own only for a segment that opens one. A later part
 * of a UDP packet cannot change the ports in its first part: they are in the eight bytes before any later part can begin.
 */
function isAnswer({ protocol, ports, part, isOpening, destination }: Packet, { served, segment }: Port): boolean {
  if (protocol === protocols.udp)
    return part === "later" ? served.udp.size > 0 : ports !== undefined && served.udp.has(ports.source);
  const isSettled = protocol === protocols.tcp && part === "whole" && ports !== undefined && !isOpening;
  return isSettled && (isSlirp(destination, segment) || served.tcp.has(ports.source));
}

/**
 * Addresses that are no way outside: "this network", loopback and what is only for one link (where a cloud keeps its host's secrets),
 * groups, and what is reserved. The rest of slirp's own network is none either: it leads to the host's loopback.
 */
const nowhere: readonly Range[] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map(rangeOf);

function isAllowed(packet: Packet, from: Port, isLearned: IsLearned): boolean {
  const { outside, segment } = from;
  const { destination } = packet;
  if (nowhere.some((subnet) => holds(subnet, destination)) || holds(segment.subnet, destination)) return false;
  if (outside === "all") return true;
  const isNamed = outside.subnets.some((subnet) => holds(subnet, destination)) || isLearned(from, destination);
  return isNamed || isAnswer(packet, from);
}

/** Later parts, and what was not opened by anybody, are no attempts of their own. */
function refuse(packet: Packet, frame: Frame, { segment }: Port): Verdict {
  const { protocol, ports, isOpening, part } = packet;
  if (part === "later" || (protocol === protocols.tcp && !isOpening)) return nobody;
  const [name] = (["tcp", "udp", "icmp"] as const).filter((each) => protocols[each] === protocol);
  const destination = formatAddress(packet.destination);
  const port = ports && { port: ports.destination };
  return {
    to: "nobody",
    refused: { destination, protocol: name ?? "other", ...port },
    answer: prohibited(frame, packet, segment.gateway),
  };
}
