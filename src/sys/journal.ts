/** Entries for the system's journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram each. Linux only. */
import { dlopen, ptr } from "bun:ffi";
import { closeSync, existsSync } from "node:fs";
import { onFirstUse } from "./libc.ts";

export const journalSocket = "/run/systemd/journal/socket";

/** AF_UNIX; SOCK_DGRAM with SOCK_NONBLOCK and SOCK_CLOEXEC; MSG_NOSIGNAL: Linux's numbers (socket(2), send(2)). */
const unixFamily = 1;
const datagram = 2 | 0x800 | 0x80000;
const noSignal = 0x4000;
/** struct sockaddr_un: the family, and a path with its closing zero. */
const addressBytes = 110;
const pathAt = 2;

const datagrams = onFirstUse((name) =>
  dlopen(name, {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  }),
);

/** A field of several lines has its length before it, as 64 bits, little-endian. */
function encodeField(name: string, value: string): Uint8Array {
  if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([Buffer.from(`${name}\n`), length, Buffer.from(`${value}\n`)]);
}

/** Hands one entry over without waiting. Throws when nobody takes it. Fields together must be small: a few kilobytes. */
export function sendToJournal(fields: Readonly<Record<string, string>>, socket = journalSocket): void {
  if (process.platform !== "linux" || !existsSync(socket)) throw new Error(`there is no journal at ${socket}`);
  const entry = Buffer.concat(Object.entries(fields).map(([name, value]) => encodeField(name, value)));
  const address = Buffer.alloc(addressBytes);
  address.writeUInt16LE(unixFamily, 0);
  if (Buffer.byteLength(socket) >= addressBytes - pathAt) throw new Error(`the path ${socket} is too long`);
  address.write(socket, pathAt);
  const { symbols } = datagrams();
  const descriptor = symbols.socket(unixFamily, datagram, 0);
  if (descriptor < 0) throw new Error("no socket for the journal could be made");
  try {
    const sent = symbols.sendto(descriptor, ptr(entry), BigInt(entry.length), noSignal, ptr(address), addressBytes);
    if (Number(sent) !== entry.length) throw new Error(`nobody takes entries at ${socket}`);
  } finally {
    closeSync(descriptor);
  }
}
