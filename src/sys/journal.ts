/** Entries for the system's journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram each. Linux only. */
import { sendDatagram } from "./datagram.ts";

export const journalSocket = "/run/systemd/journal/socket";

/** A field of several lines has its length before it, as 64 bits, little-endian. */
function encodeField(name: string, value: string): Uint8Array {
  if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([Buffer.from(`${name}\n`), length, Buffer.from(`${value}\n`)]);
}

/** Hands one entry over without waiting. Throws when nobody takes it. Fields together must be small: a few kilobytes. */
export function sendToJournal(fields: Readonly<Record<string, string>>, socket = journalSocket): void {
  const entry = Buffer.concat(Object.entries(fields).map(([name, value]) => encodeField(name, value)));
  sendDatagram(socket, entry, "journal");
}
