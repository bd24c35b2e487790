/** One message to a unix datagram socket, handed over without waiting (unix(7)). Linux only. */
import { dlopen, ptr } from "bun:ffi";
import { closeSync, existsSync } from "node:fs";
import { onFirstUse } from "./libc.ts";

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

/** Throws when nobody takes it; `what` names who should, for example "journal". */
export function sendDatagram(socket: string, message: Uint8Array, what: string): void {
  if (process.platform !== "linux" || !existsSync(socket)) throw new Error(`there is no ${what} at ${socket}`);
  const address = Buffer.alloc(addressBytes);
  address.writeUInt16LE(unixFamily, 0);
  if (Buffer.byteLength(socket) >= addressBytes - pathAt) throw new Error(`the path ${socket} is too long`);
  address.write(socket, pathAt);
  const { symbols } = datagrams();
  const descriptor = symbols.socket(unixFamily, datagram, 0);
  if (descriptor < 0) throw new Error(`no socket for the ${what} could be made`);
  try {
    const sent = symbols.sendto(descriptor, ptr(message), BigInt(message.length), noSignal, ptr(address), addressBytes);
    if (Number(sent) !== message.length) throw new Error(`nobody takes entries at ${socket}`);
  } finally {
    closeSync(descriptor);
  }
}
