/** Frames that the switch itself sends to a guest: answers to ARP (RFC 826), over UDP (RFC 768), and that something is forbidden (RFC 792). */
import { ethernetBytes, etherType, protocols } from "./frame.ts";
import type { Frame, Packet } from "./frame.ts";
import type { End } from "./table.ts";

const ipv4Bytes = 20;
const udpBytes = 8;
const hops = 64;
/** As much of the refused packet as an ICMP message may quote, and a guest needs: its header and eight bytes. */
const quotedBytes = 68;

/** Who asked is told that `of` is at `of.mac`. */
export function arpAnswer(asker: End, of: End): Uint8Array {
  const frame = ethernet(asker.mac, of.mac, etherType.arp, 28);
  frame.writeUInt32BE(0x00010800, 14);
  frame.writeUInt32BE(0x06040002, 18);
  frame.writeUIntBE(of.mac, 22, 6);
  frame.writeUInt32BE(of.address, 28);
  frame.writeUIntBE(asker.mac, 32, 6);
  frame.writeUInt32BE(asker.address, 38);
  return frame;
}

/** The answer to a UDP packet, as if from where it was sent to, or from `from` where that was a group. */
export function udpAnswer(frame: Frame, packet: Packet, content: Uint8Array, from?: End): Uint8Array {
  const answerer = from ?? { mac: frame.destination, address: packet.destination };
  const asker = { mac: frame.source, address: packet.source };
  const bytes = udpBytes + content.length;
  const answer = ipv4(asker, answerer, protocols.udp, bytes);
  const at = ethernetBytes + ipv4Bytes;
  answer.writeUInt16BE(packet.ports?.destination ?? 0, at);
  answer.writeUInt16BE(packet.ports?.source ?? 0, at + 2);
  answer.writeUInt16BE(bytes, at + 4);
  answer.set(content, at + udpBytes);
  const pseudo = wordsOf(asker.address) + wordsOf(answerer.address) + protocols.udp + bytes;
  // Zero would mean that there is none.
  answer.writeUInt16BE(checksum(answer, at, at + bytes, pseudo) || 0xffff, at + 6);
  return answer;
}

/** "Communication administratively prohibited", from the gateway, so that programs fail at once instead of waiting. */
export function prohibited(frame: Frame, packet: Packet, gateway: End): Uint8Array {
  const quoted = frame.bytes.subarray(packet.start, Math.min(packet.end, packet.start + quotedBytes));
  const answer = ipv4({ mac: frame.source, address: packet.source }, gateway, protocols.icmp, 8 + quoted.length);
  const at = ethernetBytes + ipv4Bytes;
  answer.writeUInt16BE(0x030d, at);
  answer.set(quoted, at + 8);
  answer.writeUInt16BE(checksum(answer, at, answer.length, 0), at + 2);
  return answer;
}

function ethernet(to: number, from: number, type: number, contentBytes: number): Buffer {
  const frame = Buffer.alloc(ethernetBytes + contentBytes);
  frame.writeUIntBE(to, 0, 6);
  frame.writeUIntBE(from, 6, 6);
  frame.writeUInt16BE(type, 12);
  return frame;
}

function ipv4(to: End, from: End, protocol: number, contentBytes: number): Buffer {
  const frame = ethernet(to.mac, from.mac, etherType.ipv4, ipv4Bytes + contentBytes);
  const at = ethernetBytes;
  frame.writeUInt16BE(0x4500, at);
  frame.writeUInt16BE(ipv4Bytes + contentBytes, at + 2);
  frame.writeUInt8(hops, at + 8);
  frame.writeUInt8(protocol, at + 9);
  frame.writeUInt32BE(from.address, at + 12);
  frame.writeUInt32BE(to.address, at + 16);
  frame.writeUInt16BE(checksum(frame, at, at + ipv4Bytes, 0), at + 10);
  return frame;
}

const wordsOf = (address: number): number => Math.floor(address / 0x10000) + (address % 0x10000);

/** The Internet's checksum (RFC 1071) of the bytes from `start` to `end`, and of what was summed before. */
export function checksum(bytes: Uint8Array, start: number, end: number, before: number): number {
  let sum = before;
  for (let at = start; at < end; at += 2) sum += ((bytes[at] ?? 0) << 8) | (at + 1 < end ? (bytes[at + 1] ?? 0) : 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}
