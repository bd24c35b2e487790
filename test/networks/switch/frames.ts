/** Frames made by hand, as a guest would send them, and as it should not; checksums are left out where nobody looks at them. */
import { encode } from "dns-packet";

export const macs = {
  web: "52:54:00:00:00:01",
  db: "52:54:00:00:00:02",
  far: "52:54:00:00:00:03",
  gateway: "52:55:0a:4d:ff:fe",
  dns: "52:55:0a:4d:ff:fd",
  all: "ff:ff:ff:ff:ff:ff",
  group: "01:00:5e:00:00:fc",
} as const;
export const addresses = {
  web: "10.77.0.2",
  db: "10.77.0.3",
  far: "10.77.0.4",
  gateway: "10.77.255.254",
  dns: "10.77.255.253",
} as const;

const macBytes = (mac: string) => mac.split(":").map((part) => Number.parseInt(part, 16));
const addressBytes = (address: string) => address.split(".").map(Number);
const short = (value: number) => [value >> 8, value & 255];

export function ethernet(to: string, from: string, type: number, content: readonly number[]): Uint8Array {
  return Uint8Array.from([...macBytes(to), ...macBytes(from), ...short(type), ...content]);
}

export interface ArpPlan {
  readonly to?: string;
  readonly from?: string;
  readonly operation?: number;
  readonly senderMac?: string;
  readonly sender?: string;
  readonly target: string;
}

export function arp({ to = macs.all, from = macs.web, operation = 1, target, ...sender }: ArpPlan): Uint8Array {
  const { senderMac = macs.web, sender: address = addresses.web } = sender;
  const ends = [...macBytes(senderMac), ...addressBytes(address), 0, 0, 0, 0, 0, 0, ...addressBytes(target)];
  return ethernet(to, from, 0x0806, [0, 1, 8, 0, 6, 4, ...short(operation), ...ends]);
}

export interface PacketPlan {
  readonly to?: string;
  readonly from?: string;
  readonly source?: string;
  readonly destination: string;
  readonly protocol: number;
  /** Flags and offset, as they stand in the header. */
  readonly fragment?: number;
  readonly content: readonly number[];
}

export function packet(plan: PacketPlan): Uint8Array {
  const { to = macs.gateway, from = macs.web, source = addresses.web, destination, fragment = 0, content } = plan;
  const header = [0x45, 0, ...short(20 + content.length), 0, 0, ...short(fragment), 64, plan.protocol, 0, 0];
  return ethernet(to, from, 0x0800, [...header, ...addressBytes(source), ...addressBytes(destination), ...content]);
}

type Ends = Omit<PacketPlan, "protocol" | "content">;

export const flags = { open: 0x02, accept: 0x12, data: 0x18, reset: 0x04 } as const;

export const tcp = (ends: Ends, [source, destination]: readonly [number, number], flag: number): Uint8Array =>
  packet({
    ...ends,
    protocol: 6,
    content: [
      ...short(source),
      ...short(destination),
      ...Array.from({ length: 8 }, () => 0),
      0x50,
      flag,
      0,
      0,
      0,
      0,
      0,
      0,
    ],
  });

export const udp = (
  ends: Ends,
  [source, destination]: readonly [number, number],
  content: Iterable<number> = [1, 2, 3],
): Uint8Array => {
  const bytes = [...content];
  const header = [...short(source), ...short(destination), ...short(8 + bytes.length), 0, 0];
  return packet({ ...ends, protocol: 17, content: [...header, ...bytes] });
};

export const ping = (ends: Ends): Uint8Array => packet({ ...ends, protocol: 1, content: [8, 0, 0, 0, 0, 1, 0, 1] });

export const question = (name: string, type: "A" | "AAAA" | "PTR" | "MX" = "A"): Uint8Array =>
  encode({ type: "query", id: 7, flags: 0x0100, questions: [{ type, name }] });

/** To the name server of the network. */
export const asks = (name: string, type: "A" | "AAAA" | "PTR" | "MX" = "A"): Uint8Array =>
  udp({ to: macs.dns, destination: addresses.dns }, [5000, 53], question(name, type));
