/** Hands an open file to the process at the other end of a unix socket (SCM_RIGHTS, unix(7)). */
import { dlopen, ptr } from "bun:ffi";
import { onFirstUse } from "./libc.ts";

const socketLevel = process.platform === "darwin" ? 0xffff : 1;
const rights = 1;
/** struct cmsghdr of one descriptor on a 64-bit system: length, level, type, the descriptor, padding (cmsg(3)). */
const controlBytes = 24;
const controlLength = 20;
/** struct msghdr on 64-bit Linux (recvmsg(2)). */
const headerBytes = 56;

const messages = onFirstUse((name) => dlopen(name, { sendmsg: { args: ["i32", "ptr", "i32"], returns: "i64" } }));

/** Sends all of `bytes` with `descriptor` beside them, in one message. False: the socket does not take it now; nothing was sent. Linux only. */
export function sendWithDescriptor(socket: number, bytes: Uint8Array, descriptor: number): boolean {
  if (process.platform !== "linux") return false;
  const vector = new BigUint64Array([BigInt(ptr(bytes)), BigInt(bytes.length)]);
  const control = Buffer.alloc(controlBytes);
  control.writeBigUInt64LE(BigInt(controlLength), 0);
  control.writeInt32LE(socketLevel, 8);
  control.writeInt32LE(rights, 12);
  control.writeInt32LE(descriptor, 16);
  const header = Buffer.alloc(headerBytes);
  header.writeBigUInt64LE(BigInt(ptr(vector)), 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(BigInt(ptr(control)), 32);
  header.writeBigUInt64LE(BigInt(controlBytes), 40);
  return Number(messages().symbols.sendmsg(socket, ptr(header), 0)) === bytes.length;
}
