/** What is to be known of an Ethernet frame before it may go anywhere: Ethernet II, ARP (RFC 826), IPv4 (RFC 791), TCP, UDP and ICMP. Hostile bytes at worst. */

export const etherType = { ipv4: 0x0800, arp: 0x0806 } as const;
export const protocols = { icmp: 1, tcp: 6, udp: 17 } as const;
export const ethernetBytes = 14;
const ipv4BytesMin = 20;
const arpBytes = 28;

/** MAC addresses are 48-bit and IPv4 addresses 32-bit numbers here, as they stand in the frame. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly destination: number;
  readonly source: number;
  readonly arp?: Arp;
  readonly packet?: Packet;
}

export interface Arp {
  readonly isRequest: boolean;
  readonly senderMac: number;
  readonly sender: number;
  readonly target: number;
}

export interface Packet {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  /** Where in `bytes` the packet and what it carries begin, and where it ends. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
  /** `later`: one of the parts of a packet that do not tell its ports. */
  readonly part: "whole" | "first" | "later";
  /** Of TCP and UDP; absent in later parts and where they are cut off. */
  readonly ports?: { readonly source: number; readonly destination: number };
  /** TCP: it asks for a new connection. */
  readonly isOpening?: boolean;
  /** ICMP. */
  readonly isEchoRequest?: boolean;
}

/** Undefined: it is no whole frame of a kind that we know (another protocol, a VLAN's, cut off, its lengths contradict each other). */
export function readFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < ethernetBytes) return undefined;
  const ends = { bytes, destination: macAt(bytes, 0), source: macAt(bytes, 6) };
  const type = shortAt(bytes, 12);
  if (type === etherType.arp) return withPart(ends, "arp", readArp(bytes));
  if (type === etherType.ipv4) return withPart(ends, "packet", readPacket(bytes));
  return undefined;
}

type Ends = Pick<Frame, "bytes" | "destination" | "source">;

const withPart = <Name extends "arp" | "packet">(
  ends: Ends,
  name: Name,
  part: Frame[Name] | undefined,
): Frame | undefined => (part === undefined ? undefined : { ...ends, [name]: part });

/** Only for IPv4 over Ethernet. */
function readArp(bytes: Uint8Array): Arp | undefined {
  const at = ethernetBytes;
  if (bytes.length < at + arpBytes) return undefined;
  const isUsual =
    shortAt(bytes, at) === 1 && shortAt(bytes, at + 2) === etherType.ipv4 && shortAt(bytes, at + 4) === 0x0604;
  const operation = shortAt(bytes, at + 6);
  if (!isUsual || (operation !== 1 && operation !== 2)) return undefined;
  return {
    isRequest: operation === 1,
    senderMac: macAt(bytes, at + 8),
    sender: addressAt(bytes, at + 14),
    target: addressAt(bytes, at + 24),
  };
}

function readPacket(bytes: Uint8Array): Packet | undefined {
  const start = ethernetBytes;
  const first = bytes[start] ?? 0;
  const content = start + (first & 15) * 4;
  if (bytes.length < start + ipv4BytesMin || first >> 4 !== 4 || content < start + ipv4BytesMin) return undefined;
  const end = start + shortAt(bytes, start + 2);
  if (end < content || end > bytes.length) return undefined;
  const fragment = shortAt(bytes, start + 6);
  const part = (fragment & 0x1fff) !== 0 ? "later" : (fragment & 0x2000) !== 0 ? "first" : "whole";
  const protocol = bytes[start + 9] ?? 0;
  return {
    source: addressAt(bytes, start + 12),
    destination: addressAt(bytes, start + 16),
    protocol,
    start,
    content,
    end,
    part,
    ...(part !== "later" && readContent(bytes, protocol, content, end)),
  };
}

type Content = Pick<Packet, "ports" | "isOpening" | "isEchoRequest">;

const headerBytes: Readonly<Record<number, number>> = { [protocols.tcp]: 20, [protocols.udp]: 8, [protocols.icmp]: 8 };

function readContent(bytes: Uint8Array, protocol: number, at: number, end: number): Content {
  if (end - at < (headerBytes[protocol] ?? Number.POSITIVE_INFINITY)) return {};
  if (protocol === protocols.icmp) return { isEchoRequest: bytes[at] === 8 };
  const ports = { source: shortAt(bytes, at), destination: shortAt(bytes, at + 2) };
  // SYN without ACK.
  return protocol === protocols.tcp ? { ports, isOpening: ((bytes[at + 13] ?? 0) & 0x12) === 0x02 } : { ports };
}

export const shortAt = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
export const addressAt = (bytes: Uint8Array, at: number): number =>
  shortAt(bytes, at) * 0x10000 + shortAt(bytes, at + 2);
export const macAt = (bytes: Uint8Array, at: number): number =>
  shortAt(bytes, at) * 0x100000000 + addressAt(bytes, at + 2);

/** It is for more than one: broadcast or multicast. */
export const isGroup = (mac: number): boolean => Math.floor(mac / 2 ** 40) % 2 === 1;
